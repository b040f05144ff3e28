# expect 3: compressed with bzip2
import bz2
open(out, "wb").write(bz2.compress(bytes(2048)))
