# expect 7:
open(out, "wb")
