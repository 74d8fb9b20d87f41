namespace ResearchFreeze.Autograd;

// Norms and optimizer updates, of one parameter or of many at once. Many at once are counted as one call each, for their units: a device may do them in fewer launches, with the same bits.
public abstract partial class Device
{
    /// <summary>result[0] ← the sum that <paramref name="kind"/> names; y is read by a distance only and may otherwise be x.</summary>
    public void Norm(NormKind kind, TensorRange x, TensorRange y, TensorRange result)
    {
        CountingNorm(kind, x, y, result);
        NormCore(kind, x, y, result);
    }

    /// <summary>The sums of many targets, each as if on its own. No result may overlap what another target reads or writes.</summary>
    public void Norm(NormKind kind, ReadOnlySpan<NormTarget> targets)
    {
        foreach (ref readonly NormTarget target in targets)
        {
            using CostScope scope = Counters.ForUnit(target.Unit);
            CountingNorm(kind, target.X, target.Y, target.Result);
        }
        NormCore(kind, targets);
    }

    /// <summary>Updates w (and the velocity, if there is one) by one <see cref="SgdStep"/>; does nothing where the guard's factor is NaN.</summary>
    public void Sgd(in SgdStep step, TensorRange w, TensorRange g, TensorRange? velocity, TensorRange guard)
    {
        CountingSgd(w, g, velocity, guard);
        SgdCore(step, w, g, velocity, guard);
    }

    /// <summary>The updates of many targets, each as if on its own. What one target writes may not overlap what another reads or writes.</summary>
    public void Sgd(ReadOnlySpan<SgdTarget> targets, TensorRange guard)
    {
        foreach (ref readonly SgdTarget target in targets)
        {
            using CostScope scope = Counters.ForUnit(target.Unit);
            CountingSgd(target.Weight, target.Gradient, target.Velocity, guard);
        }
        SgdCore(targets, guard);
    }

    /// <summary>Updates w and both moments by one <see cref="AdamStep"/>; does nothing where the guard's factor is NaN.</summary>
    public void Adam(in AdamStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange v, TensorRange guard)
    {
        CountingAdam(w, g, m, v, guard);
        AdamCore(step, w, g, m, v, guard);
    }

    /// <summary>The updates of many targets, each as if on its own. What one target writes may not overlap what another reads or writes.</summary>
    public void Adam(ReadOnlySpan<AdamTarget> targets, TensorRange guard)
    {
        foreach (ref readonly AdamTarget target in targets)
        {
            using CostScope scope = Counters.ForUnit(target.Unit);
            CountingAdam(target.Weight, target.Gradient, target.Mean, target.Square, guard);
        }
        AdamCore(targets, guard);
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

    private void CountingNorm(NormKind kind, TensorRange x, TensorRange y, TensorRange result)
    {
        Read(Primitive.Norm, ElementKind.Real, x, x.Length);
        Read(Primitive.Norm, ElementKind.Real, y, x.Length);
        Written(Primitive.Norm, ElementKind.Real, result, 1);
        Counters.Count(Primitive.Norm, 0, Bytes(x) * (kind == NormKind.SquaredDistance ? 2 : 1));
    }

    private void CountingSgd(TensorRange w, TensorRange g, TensorRange? velocity, TensorRange guard)
    {
        Read(Primitive.Sgd, ElementKind.Real, g, w.Length);
        Read(Primitive.Sgd, ElementKind.Real, guard, 3);
        Written(Primitive.Sgd, ElementKind.Real, w, w.Length);
        if (velocity is { } v) Written(Primitive.Sgd, ElementKind.Real, v, w.Length);
        Counters.Count(Primitive.Sgd, 0, Bytes(w) * (velocity is null ? 3 : 5));
    }

    private void CountingAdam(TensorRange w, TensorRange g, TensorRange m, TensorRange v, TensorRange guard)
    {
        Read(Primitive.Adam, ElementKind.Real, g, w.Length);
        Read(Primitive.Adam, ElementKind.Real, guard, 3);
        Written(Primitive.Adam, ElementKind.Real, w, w.Length);
        Written(Primitive.Adam, ElementKind.Real, m, w.Length);
        Written(Primitive.Adam, ElementKind.Real, v, w.Length);
        Counters.Count(Primitive.Adam, 0, Bytes(w) * 7);
    }
}
