using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Steps of a loop by hand, recorded and repeated on OpenCL: the bits, counters and memory of steps that are not, and what is refused.</summary>
[Collection("gpu")]
public sealed class StepGraphsTests(GpuFixture fixture)
{
    private const int Steps = 24;


    public static TheoryData<string> Optimizers => new() { "sgd", "nesterov", "adamw", "adam", "rmsprop", "lion" };

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void RepeatedStepsHaveTheBitsOfThoseThatAreNot(string optimizer)
    {
        HandLoop plain = Loop(optimizer, graphs: false), repeated = Loop(optimizer, graphs: true);
        Assert.Equal(plain.Bits, repeated.Bits);
        Assert.Equal((1, Steps - StepGraphs.SteadyAfter - 2, 0), (repeated.Captures, repeated.Replays, repeated.Evictions));
        Assert.Empty(repeated.Said);
    }

    [Fact]
    public void CountersAreThoseOfStepsThatAreNotRepeated()
    {
        HandLoop plain = Loop("adamw", graphs: false), repeated = Loop("adamw", graphs: true);
        Assert.Equal(plain.Costs, repeated.Costs);
        Assert.Equal(plain.Kernels.OrderBy(kernel => kernel.Key, StringComparer.Ordinal), repeated.Kernels.OrderBy(kernel => kernel.Key, StringComparer.Ordinal));
        Assert.Equal(plain.Peaks, repeated.Peaks);
    }

    private HandLoop Loop(string optimizer, bool graphs) => HandLoop.Run(fixture.OpenCl, optimizer, graphs ? new StepGraphs(fixture.OpenCl, null) : null, Steps);
}
