using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Every operation on every device that is always there.</summary>
[EverySimdLevel]
public sealed class OperationTests
{
    public static TheoryData<string> Names => [.. OperationSpecs.All.Select(spec => spec.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ReferenceAndCpuAreRight(string name)
    {
        using var one = new CpuDevice(1);
        using var two = new CpuDevice(2);
        OperationSpecs.All.Single(spec => spec.Name == name).Verify([one, two], TestDevices.Cases, TestDevices.Seed, TestDevices.Masks);
    }
}

/// <summary>Every operation on a real OpenCL device.</summary>
[Collection("gpu")]
public sealed class GpuOperationTests(GpuFixture fixture)
{
    [Theory]
    [MemberData(nameof(OperationTests.Names), MemberType = typeof(OperationTests))]
    public void OpenClIsRight(string name) =>
        OperationSpecs.All.Single(spec => spec.Name == name).Verify([fixture.OpenCl], TestDevices.Cases, TestDevices.Seed, TestDevices.Masks);
}

/// <summary>Tiny ones on the simulator of an NVIDIA device.</summary>
[Collection("simulator")]
public sealed class GpuSimulatorOperationTests(SimulatorFixture fixture)
{
    // A simulated launch takes about a millisecond: one case an operation stays within seconds.
    private const int SimulatedCases = 1;

    [Theory]
    [InlineData("tanh")]
    [InlineData("add")]
    [InlineData("sum")]
    [InlineData("linear")]
    [InlineData("softmax")]
    [InlineData("cross entropy")]
    public void TheSimulatorIsRight(string name) =>
        OperationSpecs.All.Single(spec => spec.Name == name).Verify([fixture.Device], SimulatedCases, TestDevices.Seed, TestDevices.IsLong ? int.MaxValue : 2);
}
