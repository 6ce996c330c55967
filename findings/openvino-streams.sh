#!/usr/bin/env bash
# OpenVINO: of the streams that are asked for, no more are made than there are processors, and nothing says so.
#
# One would expect: NUM_STREAMS is how many requests are worked on at once; the manual has an upper bound for none of its
#   plain numbers, and a setting that cannot be kept is refused, as unknown ones are.
# What happens: the compiled model has as many streams as processors at most, whatever was asked for and however many
#   threads go with it. No exception, no warning; only reading the property back tells. A request above that number waits
#   until another is done. So a stream cannot be held free for somebody who waits while a long batch runs.
# Version: openvino 2026.4.1, numpy 2.4.6, Python 3.11, Linux x86-64.
# Seen: bound to one processor, 1, 2 and 8 streams asked for: 1, 1 and 1 made, and as many requests advised.
# Who meets it: servers on one or two processors that answer short requests beside long ones with the same model.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 numpy==2.4.6
"$folder/env/bin/python" - <<'PY'
import os
import sys

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.modules["openvino_telemetry"] = None  # nothing is reported to anyone

import numpy as np
import openvino as ov
from openvino import opset13 as ops

number = ops.parameter([1, 4], np.float32)
model = ov.Model([ops.relu(number)], [number], "small")


def made(streams: int) -> tuple[int, int]:
    compiled = ov.Core().compile_model(model, "CPU", {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams})
    return compiled.get_property("NUM_STREAMS"), compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")


table = {asked: made(asked) for asked in (1, 2, 8)}
print(table)
if table[1] != (1, 1):
    sys.exit("One stream is not one stream: look again at the properties.")
if table[8][0] > 1:
    sys.exit("As many streams are made as are asked for, or nearly: this finding is over.")
PY
