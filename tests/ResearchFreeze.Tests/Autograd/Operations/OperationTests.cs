using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Every operation on the float64 reference: central differences, declared memory and calls. What the other devices are held to.</summary>
public sealed class OperationTests
{
    public static TheoryData<string> Names => [.. OperationSpecs.All.Select(spec => spec.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void TheReferenceIsRight(string name) => OperationSpecs.All.Single(spec => spec.Name == name).Verify([], TestDevices.Cases, TestDevices.Seed, TestDevices.Masks);
}

/// <summary>Every operation on the CPU, with one thread and with two, on the cases on which <see cref="OperationTests"/> proves the reference.</summary>
[EverySimdLevel]
public sealed class CpuOperationTests
{
    [Theory]
    [MemberData(nameof(OperationTests.Names), MemberType = typeof(OperationTests))]
    public void TheCpuIsRight(string name)
    {
        using var one = new CpuDevice(1);
        using var two = new CpuDevice(2);
        OperationSpecs.All.Single(spec => spec.Name == name).VerifyDevices([one, two], TestDevices.Cases, TestDevices.Seed, TestDevices.Masks);
    }
}

/// <summary>Every operation on a real OpenCL device, on the cases on which <see cref="OperationTests"/> proves the reference.</summary>
[Collection("gpu")]
public sealed class GpuOperationTests(GpuFixture fixture)
{
    [Theory]
    [MemberData(nameof(OperationTests.Names), MemberType = typeof(OperationTests))]
    public void OpenClIsRight(string name) =>
        OperationSpecs.All.Single(spec => spec.Name == name).VerifyDevices([fixture.OpenCl], TestDevices.Cases, TestDevices.Seed, TestDevices.Masks);
}

/// <summary>Tiny ones on the simulator of an NVIDIA device, on the first of those cases.</summary>
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
        OperationSpecs.All.Single(spec => spec.Name == name).VerifyDevices([fixture.Device], SimulatedCases, TestDevices.Seed, TestDevices.IsLong ? int.MaxValue : 2);
}
