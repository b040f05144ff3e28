# expect 3: sound tar
open(out, "w").write("FROM scratch\n" * 1000)
