using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class LedgerTests
{
    private const int Units = 4, Rows = 6, LastRows = 3;

    private static readonly int[] Widths = [5, 7, 6, 8, 3];

    private static readonly CostKind[] Kinds = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient];

    /// <summary>Rows of each step: three epochs whose last batch is smaller.</summary>
    private static readonly int[] Batches = [Rows, Rows, LastRows, Rows, Rows, LastRows, Rows, Rows, LastRows];

    /// <summary>Which units rest in each step: bits.</summary>
    public static TheoryData<int[]> Changing => new()
    {
        new[] { 0, 0, 0, 0b001, 0b001, 0b001, 0b011, 0b011, 0b111 },
        new[] { 0, 0b001, 0b001, 0, 0b010, 0b101, 0, 0b001, 0 },          // the small batch is first seen unfrozen at the end
        new[] { 0b010, 0b010, 0b010, 0b110, 0, 0, 0b111, 0b001, 0b100 },
    };

    [Fact]
    public void DoneAndFullEqualTheClosedFormForEveryMask()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            for (int mask = 0; mask < 1 << (Units - 1); mask++)
            {
                using var run = new Session(make(), Enumerable.Repeat(mask, Batches.Length).ToArray());
                if (mask != 0)
                {
                    run.Freeze.Measure(() => run.Loss(Rows));
                    run.Freeze.Measure(() => run.Loss(LastRows));
                }
                Assert.All(Kinds, kind => Assert.Equal(0, run.Ledger.Done(kind).Flops));       // measuring is no training
                run.All();
                run.Check();
                Assert.False(run.Ledger.IsScaled);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Changing))]
    public void DoneAndFullEqualTheClosedFormWhenMasksChange(int[] masks)
    {
        using var run = new Session(new ReferenceDevice(), masks);
        run.All();
        run.Check();
        Assert.False(run.Ledger.IsScaled);
    }

    [Fact]
    public void WithNothingFrozenFullIsWhatWasDoneInEveryNumber()
    {
        using var run = new Session(new ReferenceDevice(), new int[Batches.Length]);
        run.All();
        foreach (CostKind kind in (CostKind[])[.. Kinds, CostKind.Optimizer])
        {
            for (int unit = 0; unit < Units; unit++) Assert.Equal(run.Ledger.Done(unit, kind), run.Ledger.Full(unit, kind));
            Assert.Equal(run.Ledger.Done(kind), run.Ledger.Full(kind));
            Assert.True(run.Ledger.Done(kind).Bytes > 0);
        }
        Assert.Equal(0, run.Ledger.SavedBackward);
        Assert.Equal(0, run.Ledger.SavedTotal);
    }

    [Fact]
    public void TheOptimizersFullCostIsThatOfEveryParameterInEveryStep()
    {
        foreach (int[] masks in Changing.Select(row => row.Data))
        {
            using var run = new Session(new ReferenceDevice(), masks);
            run.All();
            for (int unit = 0; unit < Units; unit++)
            {
                long perStep = 4L * sizeof(double) * ((Widths[unit] * Widths[unit + 1]) + Widths[unit + 1]);      // the norm reads g; the update reads w and g, writes w
                int trained = masks.Count(mask => (mask >> unit & 1) == 0);
                Assert.Equal(perStep * trained, run.Ledger.Done(unit, CostKind.Optimizer).Bytes);
                Assert.Equal(2 * 2 * trained, run.Ledger.Done(unit, CostKind.Optimizer).Launches);
                Assert.Equal(perStep * masks.Length, run.Ledger.Full(unit, CostKind.Optimizer).Bytes);
                Assert.Equal(2 * 2 * masks.Length, run.Ledger.Full(unit, CostKind.Optimizer).Launches);
            }
        }
    }

    [Fact]
    public void SavedFractionsAreThoseOfTheClosedForm()
    {
        int[] masks = Enumerable.Repeat(0b011, Batches.Length).ToArray();
        using var run = new Session(new ReferenceDevice(), masks);
        run.Freeze.Measure(() => run.Loss(Rows));
        run.Freeze.Measure(() => run.Loss(LastRows));
        run.All();
        long w0 = Products(0), w1 = Products(1), w2 = Products(2), w3 = Products(3);
        double backward = (w2 + w3) + w3, full = (w0 + w1 + w2 + w3) + (w1 + w2 + w3), forward = w0 + w1 + w2 + w3;
        Assert.Equal(1 - (backward / full), run.Ledger.SavedBackward, 1e-14);
        Assert.Equal(1 - ((forward + backward) / (forward + full)), run.Ledger.SavedTotal, 1e-14);
        Assert.Equal(double.NaN, run.Ledger.SavedPredicted);         // the machine's rates are unknown here

        static long Products(int unit) => 2L * Widths[unit] * Widths[unit + 1];
    }

    [Fact]
    public void PredictedSavingsFollowTheRoofline()
    {
        var device = new ReferenceDevice();
        device.Counters.Rates = new MachineRates(1e9, 1e30);          // bytes are free: only products take time
        using var run = new Session(device, [0, 0, 0, 0b011, 0b011, 0b011, 0b011, 0b011, 0b011]);
        run.All();
        Assert.Equal(run.Ledger.SavedTotal, run.Ledger.SavedPredicted, 1e-9);
        Assert.Equal(run.Ledger.Full().Flops / 1e9, run.Ledger.Full().BoundSeconds, 1e-12);
    }

    [Fact]
    public void FullCostThatWasNeverSeenIsAnErrorThatSaysWhatToDo()
    {
        using var run = new Session(new ReferenceDevice(), Enumerable.Repeat(1, Batches.Length).ToArray());
        run.All();
        var error = Assert.Throws<InvalidOperationException>(() => run.Ledger.Full());
        Assert.Contains("Measure", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => run.Ledger.Full(0, CostKind.Forward));
        Assert.False(run.Ledger.IsFullKnown);
        Assert.Contains("full training's cost is unknown", run.Ledger.ToString(), StringComparison.Ordinal);
        Assert.True(run.Ledger.Done(CostKind.Forward).Flops > 0);
    }

    [Fact]
    public void ASizeThatWasNeverSeenUnfrozenIsScaledAndFlagged()
    {
        using var run = new Session(new ReferenceDevice(), Enumerable.Repeat(0b001, Batches.Length).ToArray());
        run.Freeze.Measure(() => run.Loss(Rows));
        run.Step();
        Assert.False(run.Ledger.IsScaled);
        while (run.Steps < Batches.Length) run.Step();
        Assert.True(run.Ledger.IsScaled);                            // whether or not anybody has asked for the sum
        run.Check();                                                 // products are proportional to the rows
        Assert.Contains("scaled", run.Ledger.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AskingForFullCostEarlyDoesNotChangeWhatItIsLater()
    {
        int[] masks = [0, 1, 1, 1, 1, 0, 1, 1, 1];                   // the small batch is seen unfrozen in step 6
        using var asked = new Session(new ReferenceDevice(), masks);
        using var quiet = new Session(new ReferenceDevice(), masks);
        for (int step = 0; step < masks.Length; step++)
        {
            asked.Step();
            quiet.Step();
            _ = asked.Ledger.ToString();
        }
        foreach (CostKind kind in Kinds) Assert.Equal(quiet.Ledger.Full(kind), asked.Ledger.Full(kind));
        Assert.False(asked.Ledger.IsScaled);
    }

    [Fact]
    public void MeasuringASizeTwiceOrOneThatWasSeenIsHarmless()
    {
        using var run = new Session(new ReferenceDevice(), new int[Batches.Length]);
        run.Freeze.Measure(() => run.Loss(Rows));
        run.Freeze.Measure(() => run.Loss(Rows));
        run.Step();
        run.Freeze.Measure(() => run.Loss(Rows));
        while (run.Steps < Batches.Length) run.Step();
        run.Check();
    }

    [Fact]
    public void EvaluationIsNoTrainingWhetherItSaysSoOrNot()
    {
        using var run = new Session(new ReferenceDevice(), new int[Batches.Length]);
        for (int step = 0; step < Batches.Length; step++)
        {
            run.Step();
            using (GradMode.Disable())
            using (new Scope())
            {
                run.Loss(11);
            }
            run.Freeze.Observe("loss", 1, Better.Lower);
        }
        run.Check();
    }

    [Fact]
    public void AFullStepsCostIsKnownToRulesOnceOneWasSeen()
    {
        using var run = new Session(new ReferenceDevice(), new int[Batches.Length]);
        Assert.Equal(default, run.Ledger.FullStep(1, CostKind.Forward));
        run.Step();
        foreach (CostKind kind in (CostKind[])[.. Kinds, CostKind.Optimizer]) Assert.Equal(run.Ledger.Done(1, kind), run.Ledger.FullStep(1, kind));
    }

    [Fact]
    public void TheTableIsReadable()
    {
        using var run = new Session(new ReferenceDevice(), [0, 0, 0, 1, 1, 1, 1, 1, 1]);
        run.All();
        string[] lines = run.Ledger.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Units + 4, lines.Length);
        Assert.StartsWith("GFLOP done of full", lines[0], StringComparison.Ordinal);
        for (int unit = 0; unit < Units; unit++)
        {
            Assert.StartsWith($"fc{unit + 1} ", lines[unit + 1], StringComparison.Ordinal);
            Assert.Equal(6, lines[unit + 1].Count(character => character == '/'));
        }
        Assert.Single(lines.Take(Units + 1).Select(line => line.Length).Distinct());
        Assert.Contains("saved", lines[Units + 1], StringComparison.Ordinal);
        Assert.StartsWith("9 steps in ", lines[^1], StringComparison.Ordinal);
    }

    private sealed class Session : IDisposable
    {
        private readonly Device device;
        private readonly int[] masks;
        private readonly Sequential model;
        private readonly Sgd optimizer;

        public Session(Device device, int[] masks)
        {
            this.device = device;
            this.masks = masks;
            model = Networks.Mlp(device, Widths);
            optimizer = new Sgd(model, new Constant(0.01f));
            Freeze = new FreezeController(model, optimizer, new Watching(), new Scripted(Follow), options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
            Freeze.Start();
        }

        public FreezeController Freeze { get; }

        public FreezeLedger Ledger => Freeze.Ledger;

        public int Steps { get; private set; }

        public Tensor Loss(int rows)
        {
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, rows, Widths[0], Widths[^1]);
            return model.Forward(inputs).CrossEntropy(labels);
        }

        public void Step()
        {
            using (new Scope())
            {
                Loss(Batches[Steps]).Backward();
            }
            Freeze.Step();
            Steps++;
        }

        public void All()
        {
            while (Steps < Batches.Length) Step();
        }

        /// <summary>The cost model of a chain: a frozen unit does no weight gradient; input gradients exist strictly behind the first unit that trains.</summary>
        public void Check()
        {
            foreach (CostKind kind in Kinds)
            {
                long allDone = 0, allFull = 0;
                for (int unit = 0; unit < Units; unit++)
                {
                    long done = 0, full = 0;
                    for (int step = 0; step < Batches.Length; step++)
                    {
                        done += Expected(masks[step], unit, kind, Batches[step]);
                        full += Expected(0, unit, kind, Batches[step]);
                    }
                    Assert.Equal(done, Ledger.Done(unit, kind).Flops);
                    Assert.Equal(full, Ledger.Full(unit, kind).Flops);
                    allDone += done;
                    allFull += full;
                }
                Assert.Equal(allDone, Ledger.Done(kind).Flops);
                Assert.Equal(allFull, Ledger.Full(kind).Flops);
            }
        }

        public void Dispose()
        {
            Freeze.Dispose();
            optimizer.Dispose();
            model.Dispose();
            device.Dispose();
        }

        private static long Expected(int mask, int unit, CostKind kind, int rows)
        {
            int first = 0;
            while ((mask >> first & 1) != 0) first++;
            bool isDone = kind switch
            {
                CostKind.Forward => true,
                CostKind.WeightGradient => (mask >> unit & 1) == 0,
                _ => unit > first,
            };
            return isDone ? 2L * rows * Widths[unit] * Widths[unit + 1] : 0;
        }

        private void Follow(CheckContext context, FreezeDecision decision)
        {
            if (context.Step >= masks.Length) return;
            for (int unit = 0; unit < Units; unit++)
            {
                if ((masks[context.Step] >> unit & 1) != 0) decision.Freeze(unit, "planned");
                else decision.Thaw(unit, "planned");
            }
        }
    }
}
