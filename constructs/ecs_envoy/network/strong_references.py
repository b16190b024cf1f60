"""Lets CloudFormation refuse to replace or delete what other stacks use."""

from aws_cdk import CfnResource, CrossStackReferences, ReferenceStrength
from constructs import IConstruct


def refuse_replacement(scope: IConstruct) -> None:
    """Let other stacks refer to the resources in `scope` by exports, whatever the app's default is.

    While a stack imports an export, CloudFormation refuses to change its value. With a weak reference
    (`Fn::GetStackOutput`), the other stack would keep the old value, and nobody would notice.
    """
    for construct in scope.node.find_all():
        if CfnResource.is_cfn_resource(construct):
            CrossStackReferences.of(construct).produce(ReferenceStrength.STRONG)
