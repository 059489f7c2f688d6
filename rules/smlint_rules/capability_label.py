"""SM403."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from smlint.container import Container, Known, Witness, is_resolved
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload

if TYPE_CHECKING:
    from smlint.request import Request

_PREFIX: Final = "com.amazonaws.sagemaker."
_CAPABILITIES: Final = f"{_PREFIX}capabilities."
_MULTI_MODEL: Final = f"{_CAPABILITIES}multi-models"
_BIND_TO_PORT: Final = f"{_CAPABILITIES}accept-bind-to-port"
_KNOWN: Final = tuple(
    _CAPABILITIES + name for name in ("multi-models", "accept-bind-to-port", "bidirectional-streaming")
)


class CapabilityLabel(ContainerRule):
    """A label that declares an ability to SageMaker is misspelt or not `true`.

    What it checks
    --------------
    Labels below `com.amazonaws.sagemaker.capabilities.`: the known ones are `multi-models`, `accept-bind-to-port` and
    `bidirectional-streaming`, each with the value `true`. Other labels below `com.amazonaws.sagemaker.` are left
    alone, since AWS's own images carry many. With the request of a model: several containers need `accept-bind-to-port`,
    and `Mode` `MultiModel` needs `multi-models`.

    Why it matters on SageMaker
    ---------------------------
    SageMaker reads abilities from these labels. Without the right one, CreateModel refuses a second container, and
    an image for many models: `does not contain required … Docker label(s)`.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    LABEL com.amazonaws.sagemaker.capabilities.multi-model=true
    ENTRYPOINT ["python", "/opt/program/server.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    LABEL com.amazonaws.sagemaker.capabilities.multi-models=true
    ENTRYPOINT ["python", "/opt/program/server.py"]
    ```

    References
    ----------
    - [Build your own container for multi-model endpoints](https://docs.aws.amazon.com/sagemaker/latest/dg/build-multi-model-build-container.html)
    - [Custom inference code with hosting services](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [A second container that was refused](https://github.com/deepjavalibrary/djl-serving/issues/708)
    - [A model with many models that was refused](https://github.com/aws/deep-learning-containers/issues/2131)
    """

    code = "SM403"
    name = "capability-label"
    level = {Workload.INFERENCE: Severity.WARNING}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE, Witness.REQUEST})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report each label that is near a known one, and each known one with another value."""
        if context.request is not None:
            yield from _needed(container, context.request)
        for name, value in container.labels.items():
            if not isinstance(value, Known) or not is_resolved(name):
                continue
            if name in _KNOWN:
                if is_resolved(value.value) and value.value != "true":
                    yield Finding(
                        value.location,
                        f"the label {name} is {value.value!r}, so SageMaker takes the ability as not there",
                        f"write {name}=true, or delete the label",
                    )
            elif name.lower().startswith(_CAPABILITIES):
                from difflib import get_close_matches

                close = get_close_matches(name, _KNOWN, n=1)
                yield Finding(
                    value.location,
                    f"SageMaker knows no label {name}, so the ability it should declare is not there",
                    f"write {close[0]}" if close else f"write one of {', '.join(_KNOWN)}",
                )


def _needed(container: Container, request: Request) -> Iterator[Finding]:
    """The labels that a model asks for and the image, all of whose labels are known, does not carry."""
    containers = request.containers
    if len(containers) > 1 and _lacks(container, _BIND_TO_PORT):
        yield Finding(
            containers[1].location,
            f"the model has {len(containers)} containers and the image lacks the label {_BIND_TO_PORT}=true: "
            "SageMaker refuses the model",
            f"write LABEL {_BIND_TO_PORT}=true in the Dockerfile and listen on $SAGEMAKER_BIND_TO_PORT",
            level=Severity.ERROR,
        )
    for definition in containers:
        mode = definition.text("Mode")
        if isinstance(mode, Known) and mode.value == "MultiModel" and _lacks(container, _MULTI_MODEL):
            yield Finding(
                mode.location,
                f"the container is to serve many models and the image lacks the label {_MULTI_MODEL}=true: "
                "SageMaker refuses the model",
                f"write LABEL {_MULTI_MODEL}=true in the Dockerfile and serve the multi-model calls",
                level=Severity.ERROR,
            )


def _lacks(container: Container, label: str) -> bool:
    return container.labels_complete and label not in container.labels
