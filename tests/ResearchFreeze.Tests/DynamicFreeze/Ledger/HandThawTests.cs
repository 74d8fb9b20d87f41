using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What the user froze before the run and thaws later by hand: full training is that of all that has trained, from the first step on.</summary>
public class HandThawTests
{
    private static readonly int[] Widths = [5, 7, 6, 3];

    /// <summary>Rows of each step; the smaller size is first seen while something is kept frozen.</summary>
    private static readonly int[] Rows = [6, 6, 3, 6, 3, 6, 3];

    private static readonly CostKind[] Kinds = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FullIsTheTrainingOfAllThatHasTrained(bool isResumed)
    {
        using var whole = new Run(0);
        for (int step = 0; step < Rows.Length; step++) whole.Step(step);
        using var run = new Run(2);
        for (int step = 0; step < Rows.Length; step++)
        {
            if (step == 2) run.Model[1].Unfreeze();
            if (step == 5) run.Model.Unfreeze();
            run.Step(step);
            if (step == 3 && isResumed) run.Resume();
        }
        Assert.All(Kinds, kind => Assert.All(Enumerable.Range(0, 3), unit => Assert.Equal(whole.Ledger.Done(unit, kind).Flops, run.Ledger.Full(unit, kind).Flops)));
        Assert.All(Kinds, kind => Assert.All(Enumerable.Range(0, 3), unit => Assert.Equal(whole.Ledger.Done(unit, kind).Bytes, run.Ledger.Full(unit, kind).Bytes)));
        Assert.All(Enumerable.Range(0, 3), unit => Assert.Equal(whole.Ledger.KeptBytes(unit), run.Ledger.FullKeptBytes(unit)));
        Assert.InRange(run.Ledger.SavedBackward, 0.1, 0.9);
        Assert.False(run.Ledger.IsScaled);
    }

    [Fact]
    public void WhatStaysFrozenIsInNoFullTraining()
    {
        using var half = new Run(1);
        using var run = new Run(2);
        for (int step = 0; step < Rows.Length; step++)
        {
            half.Step(step);
            if (step == 2) run.Model[1].Unfreeze();
            run.Step(step);
        }
        Assert.Equal(0, half.Ledger.SavedBackward);
        Assert.All(Kinds, kind => Assert.Equal(half.Ledger.Full(kind).Flops, run.Ledger.Full(kind).Flops));
        Assert.Equal(0, run.Ledger.Full(0, CostKind.WeightGradient).Flops);
    }

    /// <summary>A network whose first units the user has frozen, and a rule that freezes nothing.</summary>
    private sealed class Run : IDisposable
    {
        private readonly ReferenceDevice device = new();
        private readonly Sgd optimizer;
        private FreezeController freeze;

        public Run(int frozen)
        {
            Model = Networks.Mlp(device, Widths);
            for (int unit = 0; unit < frozen; unit++) Model[unit].Freeze();
            optimizer = new Sgd(Model, new Constant(0.01f));
            freeze = Controller();
        }

        public Sequential Model { get; }

        public FreezeLedger Ledger => freeze.Ledger;

        public void Step(int step)
        {
            using (new Scope())
            {
                (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows[step], Widths[0], Widths[^1]);
                Model.Forward(inputs).CrossEntropy(labels).Backward();
            }
            freeze.Step();
        }

        public void Resume()
        {
            var state = new StateTree();
            freeze.SaveState(state);
            freeze.Dispose();
            freeze = Controller();
            freeze.LoadState(state);
        }

        public void Dispose()
        {
            freeze.Dispose();
            optimizer.Dispose();
            Model.Dispose();
            device.Dispose();
        }

        private FreezeController Controller() => new(Model, optimizer, new NoCriterion(), new Never(), options: FreezeOptions.WithoutTriggers);
    }
}
