namespace ResearchFreeze.Autograd;

// Norms and optimizer updates, of one parameter or of many at once. Many at once are counted as one call each, for their units: a device may do them in fewer launches, with the same bits.
public abstract partial class Device
{
    /// <summary>result[0] ← the sum that <paramref name="kind"/> names; y is read by a distance only and may otherwise be x.</summary>
    public void Norm(NormKind kind, TensorRange x, TensorRange y, TensorRange result)
    {
        using HeldCall call = BeginNorm(kind, x, y, result);
        NormCore(kind, x, y, result);
    }

    /// <summary>The sums of many targets, each as if on its own. No result may overlap what another target reads or writes.</summary>
    public void Norm(NormKind kind, ReadOnlySpan<NormTarget> targets)
    {
        using HeldCall call = Hold();
        foreach (ref readonly NormTarget target in targets)
        {
            using CostScope scope = Counters.ForUnit(target.Unit);
            using HeldCall one = BeginNorm(kind, target.X, target.Y, target.Result);
        }
        NormCore(kind, targets);
    }

    /// <summary>Updates w (and the velocity, if there is one) by one <see cref="SgdStep"/>; does nothing where the guard's factor is NaN.</summary>
    public void Sgd(in SgdStep step, TensorRange w, TensorRange g, TensorRange? velocity, TensorRange guard)
    {
        using HeldCall call = BeginSgd(w, g, velocity, guard);
        SgdCore(step, w, g, velocity, guard);
    }

    /// <summary>The updates of many targets, each as if on its own. What one target writes may not overlap what another reads or writes.</summary>
    public void Sgd(ReadOnlySpan<SgdTarget> targets, TensorRange guard)
    {
        using HeldCall call = Hold();
        foreach (ref readonly SgdTarget target in targets)
        {
            using CostScope scope = Counters.ForUnit(target.Unit);
            using HeldCall one = BeginSgd(target.Weight, target.Gradient, target.Velocity, guard);
        }
        SgdCore(targets, guard);
    }

    /// <summary>Updates w and both moments by one <see cref="AdamStep"/>; does nothing where the guard's factor is NaN.</summary>
    public void Adam(in AdamStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange v, TensorRange guard)
    {
        using HeldCall call = BeginAdam(w, g, m, v, guard);
        AdamCore(step, w, g, m, v, guard);
    }

    /// <summary>The updates of many targets, each as if on its own. What one target writes may not overlap what another reads or writes.</summary>
    public void Adam(ReadOnlySpan<AdamTarget> targets, TensorRange guard)
    {
        using HeldCall call = Hold();
        foreach (ref readonly AdamTarget target in targets)
        {
            using CostScope scope = Counters.ForUnit(target.Unit);
            using HeldCall one = BeginAdam(target.Weight, target.Gradient, target.Mean, target.Square, guard);
        }
        AdamCore(targets, guard);
    }

    /// <summary>Updates w, the mean square and the velocity, if there is one, by one <see cref="RmsPropStep"/>; does nothing where the guard's factor is NaN.</summary>
    public void RmsProp(in RmsPropStep step, TensorRange w, TensorRange g, TensorRange square, TensorRange? velocity, TensorRange guard)
    {
        using HeldCall call = BeginRmsProp(w, g, square, velocity, guard);
        RmsPropCore(step, w, g, square, velocity, guard);
    }

    /// <summary>The updates of many targets, each as if on its own. What one target writes may not overlap what another reads or writes.</summary>
    public void RmsProp(ReadOnlySpan<RmsPropTarget> targets, TensorRange guard)
    {
        using HeldCall call = Hold();
        foreach (ref readonly RmsPropTarget target in targets)
        {
            using CostScope scope = Counters.ForUnit(target.Unit);
            using HeldCall one = BeginRmsProp(target.Weight, target.Gradient, target.Square, target.Velocity, guard);
        }
        RmsPropCore(targets, guard);
    }

    /// <summary>Updates w and the mean by one <see cref="LionStep"/>; does nothing where the guard's factor is NaN.</summary>
    public void Lion(in LionStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange guard)
    {
        using HeldCall call = BeginLion(w, g, m, guard);
        LionCore(step, w, g, m, guard);
    }

    /// <summary>The updates of many targets, each as if on its own. What one target writes may not overlap what another reads or writes.</summary>
    public void Lion(ReadOnlySpan<LionTarget> targets, TensorRange guard)
    {
        using HeldCall call = Hold();
        foreach (ref readonly LionTarget target in targets)
        {
            using CostScope scope = Counters.ForUnit(target.Unit);
            using HeldCall one = BeginLion(target.Weight, target.Gradient, target.Mean, guard);
        }
        LionCore(targets, guard);
    }

    /// <summary>See <see cref="Norm(NormKind, ReadOnlySpan{NormTarget})"/>. Here: one after the other.</summary>
    protected virtual void NormCore(NormKind kind, ReadOnlySpan<NormTarget> targets)
    {
        foreach (ref readonly NormTarget target in targets) NormCore(kind, target.X, target.Y, target.Result);
    }

    /// <summary>See <see cref="Sgd(ReadOnlySpan{SgdTarget}, TensorRange)"/>. Here: one after the other.</summary>
    protected virtual void SgdCore(ReadOnlySpan<SgdTarget> targets, TensorRange guard)
    {
        foreach (ref readonly SgdTarget target in targets) SgdCore(target.Step, target.Weight, target.Gradient, target.Velocity, guard);
    }

    /// <summary>See <see cref="Adam(ReadOnlySpan{AdamTarget}, TensorRange)"/>. Here: one after the other.</summary>
    protected virtual void AdamCore(ReadOnlySpan<AdamTarget> targets, TensorRange guard)
    {
        foreach (ref readonly AdamTarget target in targets) AdamCore(target.Step, target.Weight, target.Gradient, target.Mean, target.Square, guard);
    }

    /// <summary>See <see cref="RmsProp(ReadOnlySpan{RmsPropTarget}, TensorRange)"/>. Here: one after the other.</summary>
    protected virtual void RmsPropCore(ReadOnlySpan<RmsPropTarget> targets, TensorRange guard)
    {
        foreach (ref readonly RmsPropTarget target in targets) RmsPropCore(target.Step, target.Weight, target.Gradient, target.Square, target.Velocity, guard);
    }

    /// <summary>See <see cref="Lion(ReadOnlySpan{LionTarget}, TensorRange)"/>. Here: one after the other.</summary>
    protected virtual void LionCore(ReadOnlySpan<LionTarget> targets, TensorRange guard)
    {
        foreach (ref readonly LionTarget target in targets) LionCore(target.Step, target.Weight, target.Gradient, target.Mean, guard);
    }

    private HeldCall BeginNorm(NormKind kind, TensorRange x, TensorRange y, TensorRange result) =>
        Begin(Primitive.Norm, [new(x, x.Length), new(y, x.Length, kind == NormKind.SquaredDistance ? x.Length : 0), new(result, 1)]);

    private HeldCall BeginSgd(TensorRange w, TensorRange g, TensorRange? velocity, TensorRange guard) =>
        Begin(Primitive.Sgd, [new(w, w.Length), new(g, w.Length), new(velocity, w.Length), new(guard, GuardLength)]);

    private HeldCall BeginAdam(TensorRange w, TensorRange g, TensorRange m, TensorRange v, TensorRange guard) =>
        Begin(Primitive.Adam, [new(w, w.Length), new(g, w.Length), new(m, w.Length), new(v, w.Length), new(guard, GuardLength)]);

    private HeldCall BeginRmsProp(TensorRange w, TensorRange g, TensorRange square, TensorRange? velocity, TensorRange guard) =>
        Begin(Primitive.RmsProp, [new(w, w.Length), new(g, w.Length), new(square, w.Length), new(velocity, w.Length), new(guard, GuardLength)]);

    private HeldCall BeginLion(TensorRange w, TensorRange g, TensorRange m, TensorRange guard) =>
        Begin(Primitive.Lion, [new(w, w.Length), new(g, w.Length), new(m, w.Length), new(guard, GuardLength)]);
}
