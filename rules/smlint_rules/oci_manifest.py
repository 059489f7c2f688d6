"""SM502."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload

_OCI: Final = "application/vnd.oci.image."


class OciManifest(ContainerRule):
    """The registry serves the image with an OCI manifest, which SageMaker hosting refuses.

    What it checks
    --------------
    The media type of the manifest or index that a registry serves (`docker://…`). What an engine or an archive holds
    says nothing about what will be pushed, and is not judged.

    Why it matters on SageMaker
    ---------------------------
    CreateModel takes Docker's own manifest types and answers to others with `Unsupported manifest media type
    application/vnd.oci.image.index.v1+json`. BuildKit makes such an index as soon as it adds an attestation, and
    engines with the containerd image store push one. For training and processing no such refusal is known.

    Example
    -------
    ```json
    {"config": {"Entrypoint": ["python", "/opt/program/server.py"]},
     "mediaType": "application/vnd.oci.image.index.v1+json", "pushed": true}
    ```

    Use instead
    -----------
    ```json
    {"config": {"Entrypoint": ["python", "/opt/program/server.py"]},
     "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "pushed": true}
    ```

    References
    ----------
    - [CreateModel](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html)
    - [The refusal, and the build options that avoid it](https://github.com/aws/amazon-sagemaker-feedback/issues/180)
    - [Image exporter options](https://docs.docker.com/build/exporters/image-registry/)
    """

    code = "SM502"
    name = "oci-manifest"
    level = {
        Workload.INFERENCE: Severity.ERROR,
        Workload.TRAINING: Severity.INFO,
        Workload.PROCESSING: Severity.INFO,
    }
    witnesses = frozenset({Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report an OCI media type that a registry serves."""
        image = container.image
        if image is None or not image.manifest_is_pushed or not (image.manifest_type or "").startswith(_OCI):
            return
        because = "; it is an index because an attestation was added" if image.attestations else ""
        yield Finding(
            container.anchor,
            f"the registry serves the media type {image.manifest_type}, which CreateModel refuses{because}",
            "build and push with docker buildx build --provenance=false --sbom=false "
            "--output type=image,oci-mediatypes=false,push=true",
        )
