namespace ResearchFreeze.Tests.Autograd;

public sealed class OperationTests
{
    public static TheoryData<string> Names => [.. OperationSpecs.All.Select(spec => spec.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ReferenceIsRight(string name) => OperationSpecs.All.Single(spec => spec.Name == name).Verify([], TestDevices.Cases, TestDevices.Seed);
}
