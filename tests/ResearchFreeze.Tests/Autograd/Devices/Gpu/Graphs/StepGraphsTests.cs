using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Steps of a loop by hand, recorded and repeated on OpenCL: the bits, counters and memory of steps that are not, and what is refused.</summary>
[Collection("gpu")]
public sealed class StepGraphsTests(GpuFixture fixture)
{
    private const int Steps = 24, Before = StepGraphs.SteadyAfter + 2;
    private readonly List<string> said = [];

    public static TheoryData<string> Optimizers => new() { "sgd", "nesterov", "adamw", "adam", "rmsprop", "lion" };

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void RepeatedStepsHaveTheBitsOfThoseThatAreNot(string optimizer)
    {
        HandLoop plain = Plain(optimizer), repeated = Repeated(optimizer);
        Assert.Equal(plain.Bits, repeated.Bits);
        Assert.Equal((1, Steps - Before, 0), (repeated.Captures, repeated.Replays, repeated.Evictions));
        Assert.Empty(said);
    }

    [Fact]
    public void CountersAreThoseOfStepsThatAreNotRepeated()
    {
        HandLoop plain = Plain("adamw"), repeated = Repeated("adamw");
        Assert.Equal(plain.Costs, repeated.Costs);
        Assert.Equal(plain.Kernels.OrderBy(kernel => kernel.Key, StringComparer.Ordinal), repeated.Kernels.OrderBy(kernel => kernel.Key, StringComparer.Ordinal));
        Assert.Equal(plain.Peaks, repeated.Peaks);
    }

    /// <summary>OpenCL's driver has the arguments of every launch: repeating it is one call.</summary>
    [Fact]
    public void ArgumentsArePreparedOnce()
    {
        HandLoop repeated = Repeated("sgd");
        Assert.True(repeated.Commands > 20, $"{repeated.Commands}");
        if (!GpuFixture.IsCuda) Assert.Equal(repeated.Commands, repeated.Prepared);
    }

    [Fact]
    public void AStepThatIsRepeatedMakesLessGarbage()
    {
        using var graphs = new StepGraphs(fixture.OpenCl, said.Add);
        long[] bytes = new long[Steps];
        long last = 0;
        HandLoop.Run(fixture.OpenCl, "sgd", graphs, Steps, (step, _, _) =>
        {
            long now = GC.GetAllocatedBytesForCurrentThread();
            if (step > 0) bytes[step - 1] = now - last;
            last = now;
        });
        // The least of each: the runtime's own garbage falls into any step. The last step is not measured.
        long repeated = bytes[Before..^1].Min(), plain = bytes[1..StepGraphs.SteadyAfter].Min();
        Assert.True(repeated < plain, $"{repeated} and {plain} bytes");
    }

    /// <summary>Frozen in steps 8 to 15, all of it trains again after: three kinds of steps would be two, since the last is the first.</summary>
    [Fact]
    public void AFreezeAndAThawHaveStepsOfTheirOwn()
    {
        HandLoop plain = HandLoop.Run(fixture.OpenCl, "adamw", null, Steps, Freeze), repeated = HandLoop.Run(fixture.OpenCl, "adamw", Graphs(), Steps, Freeze);
        Assert.Equal(plain.Bits, repeated.Bits);
        Assert.Equal((2, Steps - (2 * Before), 0), (repeated.Captures, repeated.Replays, repeated.Evictions));
        Assert.Equal(plain.Costs, repeated.Costs);

        static void Freeze(int step, Sequential model, Optimizer optimizer)
        {
            foreach (Parameter parameter in model[0].Parameters()) parameter.IsFrozen = step is >= 8 and < 16;
        }
    }

    [Fact]
    public void TheStepThatWasUsedLongestAgoGoesFirst()
    {
        HandLoop plain = HandLoop.Run(fixture.OpenCl, "sgd", null, 2 * Steps, Freeze), repeated = HandLoop.Run(fixture.OpenCl, "sgd", Graphs(limit: 1), 2 * Steps, Freeze);
        Assert.Equal(plain.Bits, repeated.Bits);
        // Each of the two keys is recorded when the other is given up; the first one has to be steady twice as long after that.
        Assert.Equal((3, 2), (repeated.Captures, repeated.Evictions));

        static void Freeze(int step, Sequential model, Optimizer optimizer)
        {
            foreach (Parameter parameter in model[0].Parameters()) parameter.IsFrozen = step is >= 12 and < 24;
        }
    }

    [Fact]
    public void AStateThatAFreezeHasDroppedTakesTheRecordedStepWithIt()
    {
        HandLoop plain = HandLoop.Run(fixture.OpenCl, "adamw", null, 2 * Steps, Freeze), repeated = HandLoop.Run(fixture.OpenCl, "adamw", Graphs(), 2 * Steps, Freeze);
        Assert.Equal(plain.Bits, repeated.Bits);
        Assert.Equal(1, repeated.Evictions);

        static void Freeze(int step, Sequential model, Optimizer optimizer)
        {
            foreach (Parameter parameter in model[0].Parameters())
            {
                parameter.IsFrozen = step is >= 12 and < 24;
                if (step == 12) optimizer.ApplyState(parameter, OnFreeze.Drop);
            }
        }
    }

    /// <summary>What the host does once at a freeze or a thaw (a norm that is cleared, a state that is dropped) is done too where the steps on both sides of it are repeated.</summary>
    [Theory]
    [InlineData("sgd", OnFreeze.Keep)]
    [InlineData("adamw", OnFreeze.Keep)]
    [InlineData("adamw", OnFreeze.Drop)]
    [InlineData("adamw", OnFreeze.Offload)]
    [InlineData("nesterov", OnFreeze.Drop)]
    public void FreezesAndThawsBetweenRepeatedStepsAreNoticed(string optimizer, OnFreeze policy)
    {
        HandLoop plain = HandLoop.Run(fixture.OpenCl, optimizer, null, 3 * Steps, Freeze, onFreeze: policy), repeated = HandLoop.Run(fixture.OpenCl, optimizer, Graphs(), 3 * Steps, Freeze, onFreeze: policy);
        Assert.Equal(plain.Bits, repeated.Bits);
        Assert.Equal(plain.Costs, repeated.Costs);
        Assert.True(repeated.Replays > Steps, $"{repeated.Replays}");

        static void Freeze(int step, Sequential model, Optimizer optimizer)
        {
            foreach (Parameter parameter in model[0].Parameters()) parameter.IsFrozen = step / 8 % 2 == 1;
        }
    }

    /// <summary>A policy for one freeze ends with it, also where the thaw was repeated.</summary>
    [Fact]
    public void AStateActionEndsWithItsFreeze()
    {
        HandLoop plain = HandLoop.Run(fixture.OpenCl, "adamw", null, 3 * Steps, Freeze, onFreeze: OnFreeze.Drop), repeated = HandLoop.Run(fixture.OpenCl, "adamw", Graphs(), 3 * Steps, Freeze, onFreeze: OnFreeze.Drop);
        Assert.Equal(plain.Bits, repeated.Bits);

        static void Freeze(int step, Sequential model, Optimizer optimizer)
        {
            foreach (Parameter parameter in model[0].Parameters())
            {
                parameter.IsFrozen = step / 8 % 2 == 1;
                if (step == 40) optimizer.ApplyState(parameter, OnFreeze.Keep);
            }
        }
    }

    [Fact]
    public void AHostThatReadsWithinTheStepIsRefusedOnce()
    {
        HandLoop plain = HandLoop.Run(fixture.OpenCl, "sgd", null, Steps, within: Read), found = HandLoop.Run(fixture.OpenCl, "sgd", Graphs(), Steps, within: Read);
        Assert.Equal(plain.Bits, found.Bits);
        Assert.Equal((0, 0), (found.Captures, found.Replays));
        Assert.Contains("the host reads values within the step", Assert.Single(said), StringComparison.Ordinal);

        static void Read(int step, Tensor loss) => loss.Item();
    }

    /// <summary>A constant that a loop changes from step to step would be the first step's for ever.</summary>
    [Fact]
    public void AStepThatIsAnotherEachTimeIsRefused()
    {
        HandLoop plain = HandLoop.Run(fixture.OpenCl, "sgd", null, Steps, within: Change), found = HandLoop.Run(fixture.OpenCl, "sgd", Graphs(), Steps, within: Change);
        Assert.Equal(plain.Bits, found.Bits);
        Assert.Equal(0, found.Replays);
        Assert.Contains("changes from step to step", Assert.Single(said), StringComparison.Ordinal);

        static void Change(int step, Tensor loss)
        {
            using Tensor scaled = loss * (1f + step);
        }
    }

    /// <summary>What it puts off is counted on the host. Behind the step it is as it always is.</summary>
    [Fact]
    public void AWeightAverageWithinTheStepIsRefused()
    {
        float[] plain = Run(null), found = Run(Graphs());
        Assert.Equal(plain, found);
        Assert.Contains("a weight average is updated within the step", Assert.Single(said), StringComparison.Ordinal);

        float[] Run(StepGraphs? graphs)
        {
            WeightAverage? average = null;
            float[] values = [];
            // A decay that is the same in every step: only the frozen layer's part is not.
            HandLoop.Run(fixture.OpenCl, "sgd", graphs, Steps, Prepare, (_, _) => average!.Update());
            average!.Dispose();
            return values;

            void Prepare(int step, Sequential model, Optimizer optimizer)
            {
                average ??= new WeightAverage(model, 0.1);
                foreach (Parameter parameter in model[0].Parameters()) parameter.IsFrozen = step >= 2;
                if (step < Steps - 1) return;
                using IDisposable use = average.Use();
                values = [.. model.Parameters().SelectMany(parameter => parameter.Value.ToArray())];
            }
        }
    }

    [Fact]
    public void AMaskedUpdateIsTakenByTheCode()
    {
        HandLoop plain = HandLoop.Run(fixture.OpenCl, "sgd", null, Steps, Mask), found = HandLoop.Run(fixture.OpenCl, "sgd", Graphs(), Steps, Mask);
        Assert.Equal(plain.Bits, found.Bits);
        Assert.Equal(0, found.Replays);
        Assert.Contains("update mask", Assert.Single(said), StringComparison.Ordinal);

        static void Mask(int step, Sequential model, Optimizer optimizer)
        {
            if (step == 0) model[6].Parameters().Last().UpdateMask = UpdateMask.Scalars([true, false, true]);
        }
    }

    [Fact]
    public void ALabelThatIsWrongIsRefusedInAStepThatIsRepeatedToo()
    {
        int good = 3;
        using var graphs = new StepGraphs(fixture.OpenCl, said.Add);
        ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(() => HandLoop.Run(fixture.OpenCl, "sgd", graphs, Steps, classes: () => good, between: (step, _, _) => good = step < 12 ? 3 : 5));
        Assert.Contains("is not in [0, 3)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(12 - Before, graphs.Replays);
    }

    [Fact]
    public void AGraphOfTheDriversIsLaunchedByOneCallAndDestroyed()
    {
        using GpuDevice device = fixture.NewOpenCl();
        var driver = new FakeGraphDriver();
        device.GraphDriver = driver;
        HandLoop repeated = HandLoop.Run(device, "adamw", new StepGraphs(device, said.Add), Steps);
        Assert.Equal(Plain("adamw").Bits, repeated.Bits);
        Assert.Equal((1, Steps - Before, 0, 1L), (driver.Made, driver.Launches, driver.Alive, repeated.Commands));
    }

    [Fact]
    public void WhereTheDriverMakesNoGraphCommandsAreIssuedOneByOne()
    {
        using GpuDevice device = fixture.NewOpenCl();
        device.GraphDriver = new FakeGraphDriver { Refuses = true };
        HandLoop repeated = HandLoop.Run(device, "adamw", new StepGraphs(device, said.Add), Steps);
        Assert.Equal(Plain("adamw").Bits, repeated.Bits);
        Assert.Equal(Steps - Before, repeated.Replays);
        Assert.Contains("CUDA_ERROR_NOT_SUPPORTED", Assert.Single(said), StringComparison.Ordinal);
    }

    /// <summary>Memory comes from where plain steps would have left it spare, is kept, and goes back.</summary>
    [Fact]
    public void MemoryIsReservedAndGivenBack()
    {
        using GpuDevice device = fixture.NewOpenCl();
        Plain("sgd", device);
        long taken = device.TakenBytes;
        HandLoop repeated = Repeated("sgd", device);
        Assert.True(repeated.HeldBytes > 0);
        // The batch and the numbers are new; the step's own memory was spare.
        Assert.InRange(device.TakenBytes - taken, 0, 1 << 17);
        Assert.Equal(0, device.Counters.LiveBytes);
        device.Trim();
        Assert.Equal(0, device.SpareBytes);
    }

    /// <summary>A batch that is made anew each time has to be given as an input: memory from outside that has another tenant is not what was recorded.</summary>
    [Fact]
    public void ABatchThatIsNoInputIsRefusedOnce()
    {
        GpuDevice device = fixture.OpenCl;
        using var graphs = new StepGraphs(device, said.Add);
        for (int step = 0; step < Steps; step++)
        {
            using Tensor x = Tensor.From(device, [step, 1f], [2]);
            using Tensor sum = graphs.Run([], [], _ => x.Sum());
            Assert.Equal(step + 1, sum.Item());
        }
        Assert.Equal((0, 0), (graphs.Captures, graphs.Replays));
        Assert.Contains("none of its inputs", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void AnInputOnAnotherDeviceIsTheStepsOwn()
    {
        using var cpu = new CpuDevice(1);
        using var graphs = new StepGraphs(fixture.OpenCl, said.Add);
        using Tensor x = Tensor.From(cpu, [1f, 2f], [2]);
        for (int step = 0; step < Before + 2; step++)
        {
            using Tensor sum = graphs.Run([], [x], given => ((Tensor)given[0]).Sum());
            Assert.Equal(3, sum.Item());
        }
        Assert.Contains("an input of the step is on cpu", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void ADeviceThatDoesCommandsAtOnceHasNothingToRecord()
    {
        using var cpu = new CpuDevice(1);
        Assert.Contains("nothing to record", StepGraphs.WhyNot(cpu), StringComparison.Ordinal);
        Assert.Contains("nothing to record", Assert.Throws<ArgumentException>(() => new StepGraphs(cpu)).Message, StringComparison.Ordinal);
    }

    private HandLoop Plain(string optimizer, GpuDevice? device = null) => HandLoop.Run(device ?? fixture.OpenCl, optimizer, null, Steps);

    private HandLoop Repeated(string optimizer, GpuDevice? device = null) => HandLoop.Run(device ?? fixture.OpenCl, optimizer, new StepGraphs(device ?? fixture.OpenCl, said.Add), Steps);

    private StepGraphs Graphs(int limit = StepGraphs.Most) => new(fixture.OpenCl, said.Add, limit);
}
