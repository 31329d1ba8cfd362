"""Sends a file with tuspy, as its documentation says: upload.py ENDPOINT TOKEN FILE NAME ALBUM"""

import sys

from tusclient import client

endpoint, token, file, name, album = sys.argv[1:]
tus = client.TusClient(endpoint, headers={"Authorization": f"Bearer {token}"})
uploader = tus.uploader(
    file,
    chunk_size=64 * 1024 * 1024,
    metadata={"filename": name, "album": album},
    retries=40,
    retry_delay=0.1,
)
uploader.upload()
print(uploader.url)
