namespace ResearchFreeze.Autograd;

// Norms, the step guard, optimizer updates.
public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void NormCore(NormKind kind, TensorRange x, TensorRange y, TensorRange result)
    {
        Span<double> xs = Reals(x), ys = Reals(y);
        double sum = 0;
        for (int i = 0; i < xs.Length; i++)
        {
            sum += kind switch
            {
                NormKind.SquaredL2 => xs[i] * xs[i],
                NormKind.L1 => Math.Abs(xs[i]),
                _ => (xs[i] - ys[i]) * (xs[i] - ys[i]),
            };
        }
        Reals(result)[0] = sum;
    }

    /// <inheritdoc/>
    protected override void StepGuardCore(TensorRange sums, float maxNorm, TensorRange state)
    {
        Span<double> to = Reals(state);
        double total = 0;
        foreach (double sum in Reals(sums)) total += sum;
        if (to[2] != 0 || !double.IsFinite(total))
        {
            to[0] = double.NaN;
            if (to[2] != 0) return;
            int bad = 0;
            while (bad < sums.Length && double.IsFinite(Reals(sums)[bad])) bad++;
            to[2] = 1 + bad;
            return;
        }
        to[0] = maxNorm > 0 ? Math.Min(1, maxNorm / (Math.Sqrt(total) + 1e-6)) : 1;
        to[1]++;
    }

    /// <inheritdoc/>
    protected override void SgdCore(in SgdStep step, TensorRange w, TensorRange g, TensorRange? velocity, TensorRange guard)
    {
        double factor = Reals(guard)[0];
        if (double.IsNaN(factor)) return;
        Span<double> ws = Reals(w), gs = Reals(g);
        Span<double> vs = velocity is { } range ? Reals(range) : default;
        for (int i = 0; i < ws.Length; i++)
        {
            double gradient = (factor * gs[i]) + (step.WeightDecay * ws[i]);
            if (velocity is not null)
            {
                vs[i] = (step.Momentum * vs[i]) + gradient;
                gradient = step.Nesterov ? gradient + (step.Momentum * vs[i]) : vs[i];
            }
            ws[i] -= step.Rate * gradient;
        }
    }

    /// <inheritdoc/>
    protected override void AdamCore(in AdamStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange v, TensorRange guard)
    {
        double factor = Reals(guard)[0];
        if (double.IsNaN(factor)) return;
        Span<double> ws = Reals(w), gs = Reals(g), ms = Reals(m), vs = Reals(v);
        double correction1 = 1 - Math.Pow(step.Beta1, step.Step), correction2 = 1 - Math.Pow(step.Beta2, step.Step);
        for (int i = 0; i < ws.Length; i++)
        {
            double gradient = factor * gs[i];
            if (step.Coupled) gradient += step.WeightDecay * ws[i];
            else ws[i] -= (double)step.Rate * step.WeightDecay * ws[i];
            ms[i] = (step.Beta1 * ms[i]) + ((1 - step.Beta1) * gradient);
            vs[i] = (step.Beta2 * vs[i]) + ((1 - step.Beta2) * gradient * gradient);
            ws[i] -= step.Rate * (ms[i] / correction1) / (Math.Sqrt(vs[i] / correction2) + step.Epsilon);
        }
    }

    /// <inheritdoc/>
    protected override void RmsPropCore(in RmsPropStep step, TensorRange w, TensorRange g, TensorRange square, TensorRange? velocity, TensorRange guard)
    {
        double factor = Reals(guard)[0];
        if (double.IsNaN(factor)) return;
        Span<double> ws = Reals(w), gs = Reals(g), qs = Reals(square);
        Span<double> vs = velocity is { } range ? Reals(range) : default;
        for (int i = 0; i < ws.Length; i++)
        {
            double gradient = (factor * gs[i]) + (step.WeightDecay * ws[i]);
            qs[i] = (step.Alpha * qs[i]) + ((1 - step.Alpha) * gradient * gradient);
            double change = gradient / (Math.Sqrt(qs[i]) + step.Epsilon);
            if (velocity is not null) change = vs[i] = (step.Momentum * vs[i]) + change;
            ws[i] -= step.Rate * change;
        }
    }

    /// <inheritdoc/>
    protected override void LionCore(in LionStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange guard)
    {
        double factor = Reals(guard)[0];
        if (double.IsNaN(factor)) return;
        Span<double> ws = Reals(w), gs = Reals(g), ms = Reals(m);
        for (int i = 0; i < ws.Length; i++)
        {
            double gradient = factor * gs[i], blend = (step.Beta1 * ms[i]) + ((1 - step.Beta1) * gradient);
            ws[i] -= (double)step.Rate * ((blend > 0 ? 1 : blend < 0 ? -1 : 0) + (step.WeightDecay * ws[i]));
            ms[i] = (step.Beta2 * ms[i]) + ((1 - step.Beta2) * gradient);
        }
    }
}
