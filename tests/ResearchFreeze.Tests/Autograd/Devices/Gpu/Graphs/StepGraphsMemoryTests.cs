using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>The memory of recorded steps where it is short, and where a step leaves something behind.</summary>
[Collection("gpu")]
public sealed class StepGraphsMemoryTests(GpuFixture fixture)
{
    private const int Before = StepGraphs.SteadyAfter + 2;
    private readonly List<string> said = [];

    /// <summary>Memory that is short while a step is recorded is taken from others that were, as it is for a step that is not.</summary>
    [Fact]
    public void AStepThatIsRecordedHasTheMemoryOfOthers()
    {
        const int Small = 1 << 20, Large = 3 << 19;
        using GpuDevice device = fixture.NewOpenCl();
        using var graphs = new StepGraphs(device, said.Add);
        bool isLarger = false;
        Repeat(Small, Before + 1);
        Repeat(Large, StepGraphs.SteadyAfter);
        Assert.Equal((1, 1L), (graphs.Held, graphs.Replays));
        isLarger = true;
        device.MemoryLimit = device.TakenBytes + (Large * sizeof(float)) + (1 << 17);
        Repeat(Large, 3);
        Assert.Equal((1, 2L, 1L), (graphs.Held, graphs.Replays, graphs.Evictions));
        Repeat(Small, 1);
        Assert.Empty(said);

        void Repeat(int count, int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                using Tensor x = Tensor.From(device, [.. Enumerable.Repeat(1f, count)], [count]);
                using Tensor sum = graphs.Run([], [x], Step);
                Assert.Equal((isLarger && count == Large ? 5f : 2f) * count, sum.Item());
            }

            Tensor Step(IReadOnlyList<TensorBase> given)
            {
                using var scope = new Scope();
                Tensor twice = (Tensor)given[0] * 2f;
                return scope.Keep(isLarger && count == Large ? twice.Sum() + ((Tensor)given[0] * 3f).Sum() : twice.Sum());
            }
        }
    }

    [Fact]
    public void WhereThereIsNoMemoryForABatchsCopyStepsAreTakenByTheCode()
    {
        const int Count = 1 << 20;
        using GpuDevice device = fixture.NewOpenCl();
        using var graphs = new StepGraphs(device, said.Add);
        using Tensor x = Tensor.From(device, [.. Enumerable.Repeat(1f, Count)], [Count]);
        for (int step = 0; step < Before + 2; step++)
        {
            if (step == StepGraphs.SteadyAfter)
            {
                device.Trim();
                device.MemoryLimit = device.TakenBytes + (Count * sizeof(float) / 2);
            }
            using Tensor sum = graphs.Run([], [x], given => ((Tensor)given[0]).Sum());
            Assert.Equal(Count, sum.Item());
        }
        Assert.Equal((0, Before + 2L), (graphs.Held, graphs.Plain));
        Assert.Contains("no memory for a copy of the batch", Assert.Single(said), StringComparison.Ordinal);
    }

    /// <summary>A state that is made while a step is recorded has memory that another recorded step worked in: it is the state's from then on.</summary>
    [Fact]
    public void WhatAStepLeavesBehindIsNotWrittenByAnother()
    {
        const int Count = 1024;
        using var graphs = new StepGraphs(fixture.OpenCl, said.Add);
        using Tensor x = Tensor.From(fixture.OpenCl, [.. Enumerable.Repeat(1f, Count)], [Count]);
        Tensor? kept = null;
        bool makes = false;
        Repeat(0, Before + 1);
        Repeat(1, StepGraphs.SteadyAfter);
        makes = true;
        Repeat(1, 1);
        Repeat(0, Before + 1);
        Assert.All(kept!.ToArray(), value => Assert.Equal(3, value));
        Repeat(1, Before + 1);
        Assert.Equal((2, 2L), (graphs.Held, graphs.Captures - graphs.Evictions));
        // Dropped, as by a freeze: the step that reads it goes with it.
        kept.Dispose();
        kept = null;
        Repeat(1, 1);
        Assert.All(kept!.ToArray(), value => Assert.Equal(3, value));
        kept.Dispose();
        Assert.Empty(said);

        void Repeat(int key, int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                using Tensor sum = graphs.Run([key], [x], Step);
                Assert.Equal((key == 0 ? 2f : kept is null ? 5f : 15f) * Count, sum.Item());
            }

            Tensor Step(IReadOnlyList<TensorBase> given)
            {
                using var scope = new Scope();
                var values = (Tensor)given[0];
                if (key == 0) return scope.Keep((values * 2f).Sum());
                if (makes) kept ??= scope.Keep(values * 3f);
                return scope.Keep(((kept ?? values) * 5f).Sum());
            }
        }
    }
}
