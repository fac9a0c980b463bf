"""Rasa's extension points.

Rasa reports usage and errors to its makers unless told not to. Every way into this project, bare
`rasa train` included, imports this package before anything could be sent, so it is switched off here.
"""

import os
import warnings

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
# Journeys say and hear them; `assistant check` looks for those that nobody uses.
warnings.filterwarnings("ignore", message=r"The (utterance|intent) '\w+' is not used in any story or rule")
