# expect 3: no image archive
os.makedirs(out, exist_ok=True)
