using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// The step guard and the optimizer updates: one pass over weight, gradient and state.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void StepGuardCore(TensorRange sums, float maxNorm, TensorRange state)
    {
        float* from = Reals(sums), to = Reals(state);
        double total = 0;
        for (int i = 0; i < sums.Length; i++) total += from[i];
        if (to[2] != 0 || !double.IsFinite(total))
        {
            to[0] = float.NaN;
            if (to[2] != 0) return;
            int bad = 0;
            while (bad < sums.Length && float.IsFinite(from[bad])) bad++;
            to[2] = 1 + bad;
            return;
        }
        to[0] = maxNorm > 0 ? (float)Math.Min(1, maxNorm / (Math.Sqrt(total) + 1e-6)) : 1;
        to[1]++;
    }

    /// <inheritdoc/>
    protected override void SgdCore(in SgdStep step, TensorRange w, TensorRange g, TensorRange? velocity, TensorRange guard)
    {
        float factor = *Reals(guard);
        if (float.IsNaN(factor)) return;
        var work = new SgdWork { Step = step, W = Reals(w), G = Reals(g), V = Reals(velocity), Factor = factor };
        CpuParallel.For(threads, ref work, w.Length, 2);
    }

    /// <inheritdoc/>
    protected override void AdamCore(in AdamStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange v, TensorRange guard)
    {
        float factor = *Reals(guard);
        if (float.IsNaN(factor)) return;
        var work = new AdamWork
        {
            Step = step,
            W = Reals(w),
            G = Reals(g),
            M = Reals(m),
            V = Reals(v),
            Factor = factor,
            Correction1 = (float)(1 / (1 - Math.Pow(step.Beta1, step.Step))),
            Correction2 = (float)(1 / (1 - Math.Pow(step.Beta2, step.Step))),
        };
        CpuParallel.For(threads, ref work, w.Length, 6);
    }

    /// <inheritdoc/>
    protected override void RmsPropCore(in RmsPropStep step, TensorRange w, TensorRange g, TensorRange square, TensorRange? velocity, TensorRange guard)
    {
        float factor = *Reals(guard);
        if (float.IsNaN(factor)) return;
        var work = new RmsPropWork { Step = step, W = Reals(w), G = Reals(g), Q = Reals(square), V = Reals(velocity), Factor = factor };
        CpuParallel.For(threads, ref work, w.Length, 6);
    }

    /// <inheritdoc/>
    protected override void LionCore(in LionStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange guard)
    {
        float factor = *Reals(guard);
        if (float.IsNaN(factor)) return;
        var work = new LionWork { Step = step, W = Reals(w), G = Reals(g), M = Reals(m), Factor = factor };
        CpuParallel.For(threads, ref work, w.Length, 3);
    }

    private struct SgdWork : IRangeWork
    {
        public SgdStep Step;
        public float* W;
        public float* G;
        public float* V;
        public float Factor;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            if (V == null) Run<Plain>(start, end);
            else if (Step.Nesterov) Run<Nesterov>(start, end);
            else Run<Momentum>(start, end);
        }

        /// <summary>Whole vectors first: what the choice and the number of lanes exclude costs nothing there, and the loop is as fast as the memory.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Run<TForm>(int start, int end)
            where TForm : struct
        {
            Vector<float> factor = new(Factor), decay = new(Step.WeightDecay), momentum = new(Step.Momentum), rate = new(Step.Rate);
            float* w = W, g = G, v = V;
            int i = start;
            for (; i <= end - Lanes.Count; i += Lanes.Count) Update<TForm>(w + i, g + i, v + i, Lanes.Count, factor, decay, momentum, rate);
            if (i < end) Update<TForm>(w + i, g + i, v + i, end - i, factor, decay, momentum, rate);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Update<TForm>(float* ws, float* gs, float* vs, int count, Vector<float> factor, Vector<float> decay, Vector<float> momentum, Vector<float> rate)
            where TForm : struct
        {
            Vector<float> w = Lanes.Load(ws, count), gradient = (factor * Lanes.Load(gs, count)) + (decay * w);
            if (typeof(TForm) != typeof(Plain))
            {
                Vector<float> v = (momentum * Lanes.Load(vs, count)) + gradient;
                Lanes.Store(v, vs, count);
                gradient = typeof(TForm) == typeof(Nesterov) ? gradient + (momentum * v) : v;
            }
            Lanes.Store(w - (rate * gradient), ws, count);
        }

        // The forms of an update: the JIT compiles a loop for each.
        private readonly struct Plain;

        private readonly struct Momentum;

        private readonly struct Nesterov;
    }

    private struct AdamWork : IRangeWork
    {
        public AdamStep Step;
        public float* W;
        public float* G;
        public float* M;
        public float* V;
        public float Factor;
        public float Correction1;
        public float Correction2;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            Vector<float> factor = new(Factor), beta1 = new(Step.Beta1), beta2 = new(Step.Beta2), rest1 = new(1 - Step.Beta1), rest2 = new(1 - Step.Beta2);
            Vector<float> correction1 = new(Correction1), correction2 = new(Correction2), rate = new(Step.Rate), epsilon = new(Step.Epsilon);
            Vector<float> coupled = new(Step.Coupled ? Step.WeightDecay : 0), decoupled = new(Step.Coupled ? 0 : Step.Rate * Step.WeightDecay);
            float* ws = W, gs = G, ms = M, vs = V;
            int i = start;
            for (; i <= end - Lanes.Count; i += Lanes.Count) Update(i, Lanes.Count);
            if (i < end) Update(i, end - i);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            void Update(int i, int count)
            {
                Vector<float> w = Lanes.Load(ws + i, count);
                Vector<float> gradient = (factor * Lanes.Load(gs + i, count)) + (coupled * w);
                w -= decoupled * w;
                Vector<float> m = (beta1 * Lanes.Load(ms + i, count)) + (rest1 * gradient);
                Vector<float> v = (beta2 * Lanes.Load(vs + i, count)) + (rest2 * gradient * gradient);
                Lanes.Store(m, ms + i, count);
                Lanes.Store(v, vs + i, count);
                Lanes.Store(w - (rate * (m * correction1) / (Vector.SquareRoot(v * correction2) + epsilon)), ws + i, count);
            }
        }
    }

    private struct RmsPropWork : IRangeWork
    {
        public RmsPropStep Step;
        public float* W;
        public float* G;
        public float* Q;
        public float* V;
        public float Factor;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            Vector<float> factor = new(Factor), decay = new(Step.WeightDecay), alpha = new(Step.Alpha), rest = new(1 - Step.Alpha);
            Vector<float> epsilon = new(Step.Epsilon), momentum = new(Step.Momentum), rate = new(Step.Rate);
            float* ws = W, gs = G, qs = Q, vs = V;
            int i = start;
            for (; i <= end - Lanes.Count; i += Lanes.Count) Update(i, Lanes.Count);
            if (i < end) Update(i, end - i);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            void Update(int i, int count)
            {
                Vector<float> w = Lanes.Load(ws + i, count), gradient = (factor * Lanes.Load(gs + i, count)) + (decay * w);
                Vector<float> q = (alpha * Lanes.Load(qs + i, count)) + (rest * gradient * gradient);
                Lanes.Store(q, qs + i, count);
                Vector<float> change = gradient / (Vector.SquareRoot(q) + epsilon);
                if (vs != null)
                {
                    change = (momentum * Lanes.Load(vs + i, count)) + change;
                    Lanes.Store(change, vs + i, count);
                }
                Lanes.Store(w - (rate * change), ws + i, count);
            }
        }
    }

    private struct LionWork : IRangeWork
    {
        public LionStep Step;
        public float* W;
        public float* G;
        public float* M;
        public float Factor;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            Vector<float> factor = new(Factor), beta1 = new(Step.Beta1), beta2 = new(Step.Beta2), rest1 = new(1 - Step.Beta1), rest2 = new(1 - Step.Beta2);
            Vector<float> rate = new(Step.Rate), decay = new(Step.WeightDecay);
            float* ws = W, gs = G, ms = M;
            int i = start;
            for (; i <= end - Lanes.Count; i += Lanes.Count) Update(i, Lanes.Count);
            if (i < end) Update(i, end - i);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            void Update(int i, int count)
            {
                Vector<float> w = Lanes.Load(ws + i, count), m = Lanes.Load(ms + i, count), gradient = factor * Lanes.Load(gs + i, count);
                Vector<float> blend = (beta1 * m) + (rest1 * gradient);
                Vector<float> sign = Vector.ConditionalSelect(
                    Vector.GreaterThan(blend, Vector<float>.Zero), Vector<float>.One, Vector.ConditionalSelect(Vector.LessThan(blend, Vector<float>.Zero), -Vector<float>.One, Vector<float>.Zero));
                Lanes.Store(w - (rate * (sign + (decay * w))), ws + i, count);
                Lanes.Store((beta2 * m) + (rest2 * gradient), ms + i, count);
            }
        }
    }
}
