using ILGPU;

namespace ResearchFreeze.Autograd;

// The step guard and optimizer updates: many parameters a launch. One alone takes the same kernel, so it has the same bits.
public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void StepGuardCore(TensorRange sums, float maxNorm, TensorRange state) =>
        launchers.Guard(stream, new KernelConfig(1, GroupFor(sums.Length)), Reals(sums), maxNorm, Reals(state));

    /// <inheritdoc/>
    protected override void SgdCore(in SgdStep step, TensorRange w, TensorRange g, TensorRange? velocity, TensorRange guard)
    {
        var target = new SgdTarget(step, w, g, velocity, 0);
        SgdCore(new ReadOnlySpan<SgdTarget>(in target), guard);
    }

    /// <inheritdoc/>
    protected override void SgdCore(ReadOnlySpan<SgdTarget> targets, TensorRange guard)
    {
        bool inMemory = Recorder is not null && ReadRates(targets);
        Bundle<SgdItem> bundle = default;
        int count = 0, groups = 0;
        foreach (ref readonly SgdTarget target in targets)
        {
            if (target.Weight.Length == 0) continue;
            if (count == Bundle<SgdItem>.Size)
            {
                Launch(ref bundle, count, groups, guard, inMemory);
                count = groups = 0;
            }
            bundle.Set(count++, Item(target, inMemory), groups);
            groups += Groups(target.Weight.Length);
        }
        if (count > 0) Launch(ref bundle, count, groups, guard, inMemory);
    }

    /// <inheritdoc/>
    protected override void AdamCore(in AdamStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange v, TensorRange guard)
    {
        var target = new AdamTarget(step, w, g, m, v, 0);
        AdamCore(new ReadOnlySpan<AdamTarget>(in target), guard);
    }

    /// <inheritdoc/>
    protected override void AdamCore(ReadOnlySpan<AdamTarget> targets, TensorRange guard)
    {
        bool inMemory = Recorder is not null && ReadRates(targets);
        Bundle<AdamItem> bundle = default;
        AdamStep common = default;
        int count = 0, groups = 0;
        foreach (ref readonly AdamTarget target in targets)
        {
            if (target.Weight.Length == 0) continue;
            AdamStep own = target.Step with { Rate = 0, WeightDecay = 0, Step = 0 };
            if (count == Bundle<AdamItem>.Size || (count > 0 && own != common))
            {
                Launch(ref bundle, count, groups, common, guard, inMemory);
                count = groups = 0;
            }
            common = own;
            bundle.Set(count++, Item(target, inMemory), groups);
            groups += Groups(target.Weight.Length);
        }
        if (count > 0) Launch(ref bundle, count, groups, common, guard, inMemory);
    }

    /// <inheritdoc/>
    protected override void RmsPropCore(in RmsPropStep step, TensorRange w, TensorRange g, TensorRange square, TensorRange? velocity, TensorRange guard)
    {
        var target = new RmsPropTarget(step, w, g, square, velocity, 0);
        RmsPropCore(new ReadOnlySpan<RmsPropTarget>(in target), guard);
    }

    /// <inheritdoc/>
    protected override void RmsPropCore(ReadOnlySpan<RmsPropTarget> targets, TensorRange guard)
    {
        bool inMemory = Recorder is not null && ReadRates(targets);
        Bundle<RmsPropItem> bundle = default;
        RmsPropStep common = default;
        int count = 0, groups = 0;
        foreach (ref readonly RmsPropTarget target in targets)
        {
            if (target.Weight.Length == 0) continue;
            RmsPropStep own = target.Step with { Rate = 0, WeightDecay = 0 };
            if (count == Bundle<RmsPropItem>.Size || (count > 0 && own != common))
            {
                Launch(ref bundle, count, groups, common, guard, inMemory);
                count = groups = 0;
            }
            common = own;
            bundle.Set(count++, Item(target, inMemory), groups);
            groups += Groups(target.Weight.Length);
        }
        if (count > 0) Launch(ref bundle, count, groups, common, guard, inMemory);
    }

    /// <inheritdoc/>
    protected override void LionCore(in LionStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange guard)
    {
        var target = new LionTarget(step, w, g, m, 0);
        LionCore(new ReadOnlySpan<LionTarget>(in target), guard);
    }

    /// <inheritdoc/>
    protected override void LionCore(ReadOnlySpan<LionTarget> targets, TensorRange guard)
    {
        bool inMemory = Recorder is not null && ReadRates(targets);
        Bundle<LionItem> bundle = default;
        int count = 0, groups = 0;
        foreach (ref readonly LionTarget target in targets)
        {
            if (target.Weight.Length == 0) continue;
            if (count == Bundle<LionItem>.Size)
            {
                Launch(ref bundle, count, groups, guard, inMemory);
                count = groups = 0;
            }
            bundle.Set(count++, Item(target, inMemory), groups);
            groups += Groups(target.Weight.Length);
        }
        if (count > 0) Launch(ref bundle, count, groups, guard, inMemory);
    }

    private static int Groups(int length) => PerElement(length).GridDim.X;

    private SgdItem Item(in SgdTarget target, bool inMemory) => new()
    {
        W = Reals(target.Weight),
        G = Reals(target.Gradient),
        Velocity = Reals(target.Velocity ?? target.Weight),
        Rate = inMemory ? PlaceOf(target) : target.Step.Rate,
        Momentum = target.Step.Momentum,
        WeightDecay = target.Step.WeightDecay,
        HasVelocity = target.Velocity is null ? 0 : 1,
        Nesterov = target.Step.Nesterov ? 1 : 0,
    };

    private AdamItem Item(in AdamTarget target, bool inMemory) => new()
    {
        W = Reals(target.Weight),
        G = Reals(target.Gradient),
        M = Reals(target.Mean),
        V = Reals(target.Square),
        Rate = inMemory ? PlaceOf(target) : target.Step.Rate,
        WeightDecay = target.Step.WeightDecay,
        Correction1 = inMemory ? 1 : (float)(1 - Math.Pow(target.Step.Beta1, target.Step.Step)),
        Correction2 = inMemory ? 1 : (float)(1 - Math.Pow(target.Step.Beta2, target.Step.Step)),
    };

    private RmsPropItem Item(in RmsPropTarget target, bool inMemory) => new()
    {
        W = Reals(target.Weight),
        G = Reals(target.Gradient),
        Square = Reals(target.Square),
        Velocity = Reals(target.Velocity ?? target.Weight),
        Rate = inMemory ? PlaceOf(target) : target.Step.Rate,
        WeightDecay = target.Step.WeightDecay,
        HasVelocity = target.Velocity is null ? 0 : 1,
    };

    private LionItem Item(in LionTarget target, bool inMemory) => new()
    {
        W = Reals(target.Weight),
        G = Reals(target.Gradient),
        M = Reals(target.Mean),
        Rate = inMemory ? PlaceOf(target) : target.Step.Rate,
        WeightDecay = target.Step.WeightDecay,
        Beta1 = target.Step.Beta1,
        Beta2 = target.Step.Beta2,
    };

    private void Launch(ref Bundle<SgdItem> bundle, int count, int groups, TensorRange guard, bool inMemory)
    {
        bundle.Close(count);
        launchers.Sgd(stream, new KernelConfig(groups, Cell.GroupSize), bundle, Reals(guard), Rates(guard, inMemory), inMemory ? 1 : 0);
    }

    private void Launch(ref Bundle<AdamItem> bundle, int count, int groups, in AdamStep common, TensorRange guard, bool inMemory)
    {
        bundle.Close(count);
        var arguments = new AdamArguments { Beta1 = common.Beta1, Beta2 = common.Beta2, Epsilon = common.Epsilon, Coupled = common.Coupled ? 1 : 0, InMemory = inMemory ? 1 : 0 };
        launchers.Adam(stream, new KernelConfig(groups, Cell.GroupSize), bundle, Reals(guard), Rates(guard, inMemory), arguments);
    }

    private void Launch(ref Bundle<RmsPropItem> bundle, int count, int groups, in RmsPropStep common, TensorRange guard, bool inMemory)
    {
        bundle.Close(count);
        var arguments = new RmsPropArguments { Alpha = common.Alpha, Epsilon = common.Epsilon, Momentum = common.Momentum, InMemory = inMemory ? 1 : 0 };
        launchers.RmsProp(stream, new KernelConfig(groups, Cell.GroupSize), bundle, Reals(guard), Rates(guard, inMemory), arguments);
    }

    private void Launch(ref Bundle<LionItem> bundle, int count, int groups, TensorRange guard, bool inMemory)
    {
        bundle.Close(count);
        launchers.Lion(stream, new KernelConfig(groups, Cell.GroupSize), bundle, Reals(guard), Rates(guard, inMemory), inMemory ? 1 : 0);
    }
}
