using ILGPU;
using ILGPU.Algorithms;

namespace ResearchFreeze.Autograd;

/// <summary>The guard and the updates. The guard's factor is read where it was made, on the device: a NaN halts every update.</summary>
internal static class StepKernels
{
    internal static void Guard(ArrayView<float> sums, float maxNorm, ArrayView<float> state)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        float total = 0f;
        for (int i = Group.IdxX; i < sums.IntLength; i += Group.DimX) total += sums[i];
        total = Cell.GroupSum(shared, total);
        if (Group.IdxX != 0) return;
        if (state[2] != 0f || !GpuMath.IsFinite(total))
        {
            state[0] = GpuMath.NaN();
            if (state[2] != 0f) return;
            int bad = 0;
            while (bad < sums.IntLength && GpuMath.IsFinite(sums[bad])) bad++;
            state[2] = 1f + bad;
            return;
        }
        float factor = 1f;
        if (maxNorm > 0f)
        {
            float clip = maxNorm / (XMath.Sqrt(total) + 1e-6f);
            if (clip < factor) factor = clip;
        }
        state[0] = factor;
        state[1] += 1f;
    }

    internal static void Sgd(Bundle<SgdItem> bundle, ArrayView<float> guard)
    {
        SgdItem item = bundle.Of(Grid.IdxX);
        int i = ((Grid.IdxX - bundle.FirstOf(Grid.IdxX)) * Group.DimX) + Group.IdxX;
        float factor = guard[0];
        if (i >= item.W.IntLength || GpuMath.IsNaN(factor)) return;
        float weight = item.W[i], gradient = (factor * item.G[i]) + (item.WeightDecay * weight);
        if (item.HasVelocity != 0)
        {
            float v = (item.Momentum * item.Velocity[i]) + gradient;
            item.Velocity[i] = v;
            gradient = item.Nesterov != 0 ? gradient + (item.Momentum * v) : v;
        }
        item.W[i] = weight - (item.Rate * gradient);
    }

    internal static void Adam(Bundle<AdamItem> bundle, ArrayView<float> guard, AdamArguments step)
    {
        AdamItem item = bundle.Of(Grid.IdxX);
        int i = ((Grid.IdxX - bundle.FirstOf(Grid.IdxX)) * Group.DimX) + Group.IdxX;
        float factor = guard[0];
        if (i >= item.W.IntLength || GpuMath.IsNaN(factor)) return;
        float weight = item.W[i], gradient = factor * item.G[i];
        if (step.Coupled != 0) gradient += item.WeightDecay * weight;
        else weight -= item.Rate * item.WeightDecay * weight;
        float mean = (step.Beta1 * item.M[i]) + ((1f - step.Beta1) * gradient);
        float square = (step.Beta2 * item.V[i]) + ((1f - step.Beta2) * gradient * gradient);
        item.M[i] = mean;
        item.V[i] = square;
        item.W[i] = weight - (item.Rate * (mean / item.Correction1) / (XMath.Sqrt(square / item.Correction2) + step.Epsilon));
    }

    internal static void RmsProp(Bundle<RmsPropItem> bundle, ArrayView<float> guard, RmsPropArguments step)
    {
        RmsPropItem item = bundle.Of(Grid.IdxX);
        int i = ((Grid.IdxX - bundle.FirstOf(Grid.IdxX)) * Group.DimX) + Group.IdxX;
        float factor = guard[0];
        if (i >= item.W.IntLength || GpuMath.IsNaN(factor)) return;
        float weight = item.W[i], gradient = (factor * item.G[i]) + (item.WeightDecay * weight);
        float square = (step.Alpha * item.Square[i]) + ((1f - step.Alpha) * gradient * gradient);
        item.Square[i] = square;
        float change = gradient / (XMath.Sqrt(square) + step.Epsilon);
        if (item.HasVelocity != 0)
        {
            change = (step.Momentum * item.Velocity[i]) + change;
            item.Velocity[i] = change;
        }
        item.W[i] = weight - (item.Rate * change);
    }

    internal static void Lion(Bundle<LionItem> bundle, ArrayView<float> guard)
    {
        LionItem item = bundle.Of(Grid.IdxX);
        int i = ((Grid.IdxX - bundle.FirstOf(Grid.IdxX)) * Group.DimX) + Group.IdxX;
        float factor = guard[0];
        if (i >= item.W.IntLength || GpuMath.IsNaN(factor)) return;
        float weight = item.W[i], mean = item.M[i], gradient = factor * item.G[i];
        float blend = (item.Beta1 * mean) + ((1f - item.Beta1) * gradient);
        float sign = blend > 0f ? 1f : blend < 0f ? -1f : 0f;
        item.W[i] = weight - (item.Rate * (sign + (item.WeightDecay * weight)));
        item.M[i] = (item.Beta2 * mean) + ((1f - item.Beta2) * gradient);
    }
}
