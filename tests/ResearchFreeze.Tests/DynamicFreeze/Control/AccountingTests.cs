using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Whose work is whose: cases 15 to 18, 31 and 32. A ledger is compared with that of the same run alone.</summary>
public class AccountingTests
{
    private const int Rows = 6, In = 12, Width = 16, Classes = 3, Steps = 9;
    private static readonly CostKind[] Training = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer, CostKind.Statistics];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Case15_AnEvaluationOfOnesOwnIsNoTraining(bool inEvaluationMode)
    {
        string alone = Ledger(_ => { });
        string evaluating = Ledger(run =>
        {
            if (inEvaluationMode) run.Model.Eval();
            using (GradMode.Disable())
            {
                for (int batch = 0; batch < 12; batch++) run.Loss(batch).Dispose();
            }
            run.Model.Train();
        });
        // Its own work is there, as what it is, and nothing else has moved.
        Assert.NotEqual(alone, evaluating);
        Assert.Equal(WithoutEvaluation(alone), WithoutEvaluation(evaluating));

        static string WithoutEvaluation(string text) => string.Join('\n', text.Split('\n').Where(line => !line.StartsWith("Evaluation", StringComparison.Ordinal)));
    }

    [Fact]
    public void Case16_TwoControllersOnOneDeviceInTurnsHaveTheBooksOfEachAlone()
    {
        using var device = new ReferenceDevice();
        string[] alone = [Ledger(_ => { }), Ledger(_ => { }, width: 7)];
        using Run first = new(device, Width), second = new(device, 7);
        for (int step = 0; step < Steps; step++)
        {
            // Both forward, then both backward: nothing of one is between the other's.
            using Tensor a = first.Loss(step), b = second.Loss(step);
            b.Backward();
            a.Backward();
            first.Freeze.Step();
            second.Freeze.Step();
        }
        Assert.Equal(alone, (string[])[Text(first), Text(second)]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Case17_ATeachersPassIsNoneOfTheStudents(bool withoutGradients)
    {
        using var device = new ReferenceDevice();
        string alone = Ledger(_ => { });
        using Sequential teacher = Networks.Mlp(device, In, 50, Classes);
        foreach (Parameter parameter in teacher.Parameters()) parameter.IsFrozen = true;
        using var run = new Run(device, Width);
        for (int step = 0; step < Steps; step++)
        {
            using var scope = new Scope();
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes, step);
            Tensor logits = run.Model.Forward(inputs);
            if (withoutGradients)
            {
                using GradMode.Restore mode = GradMode.Disable();
                teacher.Forward(inputs);
            }
            else
            {
                teacher.Forward(inputs);
            }
            Loss.CrossEntropy(logits, labels).Backward();
            run.Freeze.Step();
        }
        Assert.Equal(alone, Text(run));
        // The teacher's work is counted, and nobody's.
        Assert.Equal(Steps * 2L * Rows * ((In * 50) + (50 * Classes)), device.Counters.Of(0, withoutGradients ? CostKind.Evaluation : CostKind.Forward).Flops);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatIsMadeOfATrainedAndAFrozenPartIsTheTrainedOnesWork(bool trainedFirst)
    {
        using var device = new ReferenceDevice();
        using Run trained = new(device, Width), resting = new(device, Width);
        foreach (Parameter parameter in resting.Model.Parameters()) parameter.IsFrozen = true;
        using var scope = new Scope();
        Tensor inputs = Networks.Batch(device, Rows, In, Classes).Inputs;
        Tensor a = trained.Model.Forward(inputs), b = resting.Model.Forward(inputs);
        (Cost own, Cost other) = (Head(trained, CostKind.Forward), Head(resting, CostKind.Forward));
        Tensor sum = trainedFirst ? a + b : b + a;
        Assert.Equal((1, 0), ((Head(trained, CostKind.Forward) - own).Launches, (Head(resting, CostKind.Forward) - other).Launches));
        sum.Sum().Backward();
        Assert.Equal(0, Head(resting, CostKind.InputGradient).Launches);

        static Cost Head(Run run, CostKind kind) => run.Freeze.Ledger.Done(2, kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatIsMadeOfAUnitsOutputIsItsWorkAlsoBehindALeafOrAStoppedGradient(bool asLeaf)
    {
        using var device = new ReferenceDevice();
        using var run = new Run(device, Width);
        using var scope = new Scope();
        Tensor output = run.Model.Forward(Networks.Batch(device, Rows, In, Classes).Inputs), cut = asLeaf ? output.AsLeaf() : output.StopGradient();
        Cost before = run.Freeze.Ledger.Done(2, CostKind.Forward);
        cut.Square();
        Assert.Equal(1, (run.Freeze.Ledger.Done(2, CostKind.Forward) - before).Launches);
    }

    [Fact]
    public void AnAveragedCopyAndItsEvaluationAreNoneOfTheModels()
    {
        string alone = Ledger(_ => { });
        Sequential? average = null;
        string averaging = Ledger(run =>
        {
            average ??= Networks.Mlp(run.Device, In, Width, Width, Classes);
            using (GradMode.Disable())
            {
                foreach ((Parameter copy, Parameter own) in average.Parameters().Zip(run.Model.Parameters())) run.Device.AddScaled(0.1f, own.Value.Range, 0.9f, copy.Value.Range);
                using var scope = new Scope();
                average.Forward(Networks.Batch(run.Device, Rows, In, Classes).Inputs);
            }
        }, after: () => average?.Dispose());
        Assert.Equal(alone, averaging);
    }

    [Fact]
    public void Case18_AStatisticThatThrowsLeavesTheControllerUsableAndTheBooksRight()
    {
        using var device = new ReferenceDevice();
        string alone = Ledger(_ => { }, statistic: new Throwing(at: -1));
        using var run = new Run(device, Width, new Throwing(at: 4));
        int failures = 0;
        for (int step = 0; step < Steps + 1; step++)
        {
            using (new Scope()) run.Loss(step == 4 ? 3 : step > 4 ? step - 1 : step).Backward();
            try
            {
                run.Freeze.Step();
            }
            catch (Exception exception) when (exception.Message.Contains("no luck", StringComparison.Ordinal))
            {
                failures++;
                Assert.All(run.Model.Parameters(), parameter => Assert.Null(parameter.Grad));
                // The first error is the one that is told.
                Assert.Contains("no luck", Assert.Throws<InvalidOperationException>(run.Freeze.AfterStep).Message, StringComparison.Ordinal);
            }
            Assert.Equal((CostKind.Forward, 0), (device.Counters.Kind, device.Counters.Unit));
        }
        Assert.Equal((1, Steps), (failures, run.Freeze.Ledger.Steps));
        // The statistic's own first part of the failed step is all that is added.
        Assert.Equal(Lines(alone, "Statistics"), Lines(Text(run), "Statistics"));
    }

    [Fact]
    public void AControllerThatIsDisposedTakesNothingFromTheBooksOfTheOneThatStartedAfterIt()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.05f));
        var first = new FreezeController(model, optimizer, new Watching(), new Scripted(), options: FreezeOptions.WithoutTriggers);
        first.Start();
        using var second = new FreezeController(model, optimizer, new Watching(), new Scripted(), options: FreezeOptions.WithoutTriggers);
        second.Start();
        first.Dispose();
        Networks.Backward(model, device, Rows, In, Classes);
        second.Step();
        Assert.Equal([2L * Rows * In * Width, 2L * Rows * Width * Classes], second.Units.Select(unit => second.Ledger.Done(unit.Index, CostKind.WeightGradient).Flops));

        // What is no unit's is in its books too: the optimizer's guard.
        using Sequential alike = Networks.Mlp(device, In, Width, Classes);
        using var other = new Sgd(alike, new Constant(0.05f));
        using var alone = new FreezeController(alike, other, new Watching(), new Scripted(), options: FreezeOptions.WithoutTriggers);
        alone.Start();
        Networks.Backward(alike, device, Rows, In, Classes);
        alone.Step();
        Assert.Equal(Text(alone), Text(second));
        Assert.NotEqual(0, second.Ledger.Done(second.Units.Count, CostKind.Optimizer).Bytes);
    }

    [Fact]
    public void Case32_EveryKindOfCostCanBeAskedFor()
    {
        using var device = new ReferenceDevice();
        using var run = new Run(device, Width);
        run.Train(_ => { });
        using (GradMode.Disable())
        {
            using Tensor loss = run.Loss(0);
        }
        Assert.Equal(2L * Rows * ((In * Width) + (Width * Width) + (Width * Classes)), run.Freeze.Ledger.Done(CostKind.Evaluation).Flops);
        foreach (CostKind kind in Enum.GetValues<CostKind>())
        {
            Cost sum = run.Freeze.Ledger.Done(kind);
            Assert.True(sum.Flops >= Enumerable.Range(0, 3).Sum(unit => run.Freeze.Ledger.Done(unit, kind).Flops), $"{kind}");
        }
    }

    [Fact]
    public void AMaskedUpdateIsItsUnitsWork()
    {
        using var device = new ReferenceDevice();
        using Run plain = new(device, Width), masked = new(device, Width);
        masked.Model.Children[1].Parameters().First().UpdateMask = UpdateMask.Rows([.. Enumerable.Range(0, Width).Select(row => row % 2 == 0)]);
        plain.Train(_ => { });
        masked.Train(_ => { });
        // Units, and what is done for all of them.
        Assert.Equal([0, 1, 0, 0], Enumerable.Range(0, 4).Select(unit => Math.Sign(masked.Freeze.Ledger.Done(unit, CostKind.Optimizer).Bytes - plain.Freeze.Ledger.Done(unit, CostKind.Optimizer).Bytes)));
    }

    [Fact]
    public void AScopeIsClosedAfterAnException()
    {
        using var device = new ReferenceDevice();
        Assert.Throws<ShapeException>(() =>
        {
            using CostScope booking = device.Counters.For(CostKind.Probe, 3);
            using Tensor a = Tensor.Zeros(device, [2, 3]), b = Tensor.Zeros(device, [4, 5]);
            a.MatMul(b);
        });
        Assert.Equal((CostKind.Forward, 0), (device.Counters.Kind, device.Counters.Unit));
        using (device.Counters.For(CostKind.Probe, 3))
        {
            using (device.Counters.For(CostKind.Other)) Assert.Equal((CostKind.Other, 0), (device.Counters.Kind, device.Counters.Unit));
            Assert.Equal((CostKind.Probe, 3), (device.Counters.Kind, device.Counters.Unit));
        }
    }

    private static string Ledger(Action<Run> between, int width = Width, UnitStatistic? statistic = null, Action? after = null)
    {
        using var device = new ReferenceDevice();
        using var run = new Run(device, width, statistic);
        run.Train(between);
        after?.Invoke();
        return Text(run);
    }

    private static string Text(Run run) => Text(run.Freeze);

    /// <summary>All that the books hold: every kind of every unit, and of what is no unit's.</summary>
    private static string Text(FreezeController freeze)
    {
        FreezeLedger ledger = freeze.Ledger;
        string[] names = [.. freeze.Units.Select(unit => unit.Path), "(common)"];
        var lines = new List<string>();
        foreach (CostKind kind in Enum.GetValues<CostKind>())
        {
            bool isTraining = Training.Contains(kind);
            lines.AddRange(names.Select((name, unit) => $"{kind} {name} done {ledger.Done(unit, kind)}{(isTraining ? $" full {ledger.Full(unit, kind)}" : "")}"));
            lines.Add($"{kind} done {ledger.Done(kind)}{(isTraining ? $" full {ledger.Full(kind)}" : "")}");
        }
        lines.AddRange(freeze.Units.Select(unit => $"kept {unit.Path} {ledger.KeptBytes(unit.Index)} of {ledger.FullKeptBytes(unit.Index)}, optimizer {ledger.OptimizerBytes(unit.Index)}"));
        return string.Join('\n', [.. lines, $"saved {ledger.SavedTotal:R} {ledger.SavedBackward:R} steps {ledger.Steps} {string.Join(' ', freeze.Decisions)}"]);
    }

    private static string Lines(string text, string without) => string.Join('\n', text.Split('\n').Where(line => !line.StartsWith(without, StringComparison.Ordinal) && !line.StartsWith("saved", StringComparison.Ordinal)));

    /// <summary>An MLP whose first unit is frozen after three steps.</summary>
    private sealed class Run : IDisposable
    {
        private readonly Sgd optimizer;

        public Run(Device device, int width, UnitStatistic? statistic = null)
        {
            Device = device;
            Model = Networks.Mlp(device, In, width, width, Classes);
            optimizer = new Sgd(Model, new Constant(0.05f), momentum: 0.9f);
            var rule = new Scripted((context, decision) =>
            {
                if (context.Step == 3) decision.Freeze(0, "now");
            });
            Freeze = new FreezeController(Model, optimizer, new Watching(statistic ?? new GradientNorm(), new WeightDistance()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 3 });
        }

        public Device Device { get; }

        public Sequential Model { get; }

        public FreezeController Freeze { get; }

        public Tensor Loss(int index)
        {
            (Tensor inputs, IntTensor labels) = Networks.Batch(Device, Rows, In, Classes, index);
            using (inputs) using (labels) using (Tensor logits = Model.Forward(inputs)) return ResearchFreeze.Layers.Loss.CrossEntropy(logits, labels);
        }

        public void Train(Action<Run> between)
        {
            for (int step = 0; step < Steps; step++)
            {
                using (new Scope()) Loss(step).Backward();
                Freeze.Step();
                between(this);
            }
        }

        public void Dispose()
        {
            Freeze.Dispose();
            optimizer.Dispose();
            Model.Dispose();
        }
    }

    /// <summary>Throws in one step, for the second unit.</summary>
    private sealed class Throwing(int at) : UnitStatistic
    {
        private int step;

        public override string Key => "throwing";

        public override Reads Reads => Reads.Gradient;

        public override IReadOnlyList<string> Values { get; } = ["sum"];

        public override void Accumulate(StepView view)
        {
            if (view.Unit.Index == 1 && step++ == at) throw new InvalidOperationException("no luck");
            foreach (Parameter parameter in view.Parameters)
            {
                if (parameter.Grad is { } gradient) view.State(parameter, "sum").Accumulate(gradient);
            }
        }

        public override void Read(StepView view, TensorRange values) => view.Device.Fill(values, 1);
    }
}
