"""SM610."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Unknown, Witness
from smlint.diagnostics import Related, Severity
from smlint.request import Kind, NamedImage, Request
from smlint.request.document import shown
from smlint.rule import Finding, RequestRule
from smlint_rules import refusals

#: Private repositories in all partitions, with their dual-stack and FIPS names: the account, `.dkr`, and a name with ecr.
_ECR: Final = re.compile(r"[0-9]{12}\.dkr[.-]ecr[a-z0-9.-]*/.+")
_ALMOST_ECR: Final = re.compile(r"[^/]*\.dkr[.-]ecr[^/]*(/|\Z)")
_REGION: Final = re.compile(r"[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-[0-9]+)\.")
_PLACEHOLDER: Final = re.compile(r"[${}<>*]")
_ADVICE: Final = "push the image to Amazon ECR and write ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG"


class ImageUri(RequestRule):
    """The image's address is none that SageMaker pulls from.

    What it checks
    --------------
    `TrainingImage`, `ImageUri` and `Image`: at most 255 characters, no white space, no `https://`, and a repository
    in Amazon ECR. Another registry is accepted where the request says that it is reached through the VPC
    (`TrainingRepositoryAccessMode` or `RepositoryAccessMode` is `Vpc`), which processing jobs cannot say. Addresses
    that are filled in later are left alone. The images of a model's containers are in one region.

    Why it matters on SageMaker
    ---------------------------
    Docker Hub and `public.ecr.aws` are refused, however public the image is. An endpoint takes images of its own
    region only, so a model with images of two regions fits nowhere.

    Example
    -------
    ```json
    {
      "TrainingJobName": "kmeans",
      "RoleArn": "arn:aws:iam::111122223333:role/Training",
      "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
      "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
      "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
      "AlgorithmSpecification": {
        "TrainingImage": "python:3.12-slim",
        "TrainingInputMode": "File"
      }
    }
    ```

    Use instead
    -----------
    ```json
    {
      "TrainingJobName": "kmeans",
      "RoleArn": "arn:aws:iam::111122223333:role/Training",
      "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
      "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
      "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
      "AlgorithmSpecification": {
        "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
        "TrainingInputMode": "File"
      }
    }
    ```

    References
    ----------
    - [Adapt your own private registry](https://docs.aws.amazon.com/sagemaker/latest/dg/docker-containers-adapt-your-own-private-registry.html)
    - [TrainingImageConfig](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrainingImageConfig.html)
    - [ImageConfig](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ImageConfig.html)
    - [AlgorithmSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html)
    - [Run your inference image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [AppSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html)
    """

    code = "SM610"
    name = "image-uri"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report addresses that the API refuses."""
        for violation in refusals.claimed(request, self.code):
            yield refusals.finding(violation)
        for image in request.images():
            address = image.definition.text(image.image_key)
            if isinstance(address, Known) and not _PLACEHOLDER.search(address.value):
                yield from _address(address, image)
        if request.kind is Kind.MODEL:
            yield from _regions(request)


def _address(address: Known[str], image: NamedImage) -> Iterator[Finding]:
    text = address.value
    if not text or re.search(r"\s", text):
        what = "has white space in it" if text else "is empty"
        yield Finding(address.location, f"{image.image_key} {what}: the request is refused", _ADVICE)
    elif "://" in text:
        yield Finding(
            address.location,
            f"{image.image_key} begins with {shown(text.partition('://')[0] + '://')}, and an image's address has "
            "no scheme: the request is refused",
            f"write {text.partition('://')[2]}",
        )
    elif _ECR.fullmatch(text) or _is_from_vpc(image):
        return
    elif _ALMOST_ECR.match(text):
        yield Finding(
            address.location,
            f"{shown(text)} is no address in Amazon ECR, which begins with an account of twelve digits and ends with a "
            "repository: the request is refused",
            "write ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG",
        )
    else:
        member = ".".join(image.access_path)
        other = f", or set {member} to Vpc for a private registry in your VPC" if member else ""
        yield Finding(
            address.location,
            f"{shown(text)} is not in Amazon ECR: SageMaker pulls from no other registry, public ones included"
            + (", unless it is reached through the VPC" if member else ""),
            _ADVICE + other,
        )


def _regions(request: Request) -> Iterator[Finding]:
    """The first image of a model that lies in another region than one before it."""
    placed: list[tuple[str, Known[str]]] = []
    for image in request.images():
        address = image.definition.text(image.image_key)
        found = _REGION.match(address.value) if isinstance(address, Known) else None
        if isinstance(address, Known) and found is not None:
            placed.append((found[1], address))
    for region, address in placed[1:]:
        other, first = placed[0]
        if region != other:
            yield Finding(
                address.location,
                f"this image is in {region} and another of the model in {other}: an endpoint takes images of its own region "
                "only, so there is none for this model",
                f"push the image to {other} too and name it there",
                (Related(f"an image in {other}", first.location),),
            )
            return


def _is_from_vpc(image: NamedImage) -> bool:
    """Whether another registry may be meant; true also where the request leaves it open."""
    if not image.access_path:
        return False
    mode = image.definition.text(*image.access_path)
    return isinstance(mode, Unknown) or (isinstance(mode, Known) and mode.value == "Vpc")
