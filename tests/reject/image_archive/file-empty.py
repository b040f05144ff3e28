# expect 3: sound tar
open(out, "wb")
