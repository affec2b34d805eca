"""A client as a process of its own: files what it is given over one connection, prints what it was answered.

Arguments: host:port, token, a file with one body a line. Says that it is ready, waits for a line on stdin, files, and prints
one JSON object: the findings of each answer by the operation's id. Standard library only, so that eight of them start quickly.
"""

import http.client
import json
import sys


def main(address: str, token: str, file: str) -> None:
    with open(file, "rb") as given:
        bodies = given.read().splitlines()
    connection = http.client.HTTPConnection(address, timeout=120)
    connection.connect()
    print("ready", flush=True)
    sys.stdin.readline()
    found = {}
    head = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    for body in bodies:
        connection.request("POST", "/v1/operations", body, head)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        if answer.status != 201:
            print(json.dumps(said), file=sys.stderr)
            sys.exit(1)
        found[json.loads(body)["id"]] = [finding["id"] for finding in said["findings"]]
    connection.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
