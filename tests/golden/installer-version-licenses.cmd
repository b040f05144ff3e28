"$installer" version --licenses --json | python3 -c "import json,sys
for line in sys.stdin:
    row = json.loads(line)
    print(row[\"event\"], row.get(\"name\"), row.get(\"license\"), len(row.get(\"text\", \"\")) > 200)"
