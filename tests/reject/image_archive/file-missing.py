# expect 3: open
pass
