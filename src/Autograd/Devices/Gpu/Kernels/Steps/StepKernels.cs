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

    // A step that is repeated finds its rates in memory: an item's rate is then the place of it.
    internal static void Sgd(Bundle<SgdItem> bundle, ArrayView<float> guard, ArrayView<float> values, int inMemory)
    {
        SgdItem item = bundle.Of(Grid.IdxX);
        int i = ((Grid.IdxX - bundle.FirstOf(Grid.IdxX)) * Group.DimX) + Group.IdxX;
        float factor = guard[0];
        if (i >= item.W.IntLength || GpuMath.IsNaN(factor)) return;
        float rate = inMemory != 0 ? values[(int)item.Rate] : item.Rate;
        float weight = item.W[i], gradient = (factor * item.G[i]) + (item.WeightDecay * weight);
        if (item.HasVelocity != 0)
        {
            float v = (item.Momentum * item.Velocity[i]) + gradient;
            item.Velocity[i] = v;
            gradient = item.Nesterov != 0 ? gradient + (item.Momentum * v) : v;
        }
        item.W[i] = weight - (rate * gradient);
    }

    internal static void Adam(Bundle<AdamItem> bundle, ArrayView<float> guard, ArrayView<float> values, AdamArguments step)
    {
        AdamItem item = bundle.Of(Grid.IdxX);
        int i = ((Grid.IdxX - bundle.FirstOf(Grid.IdxX)) * Group.DimX) + Group.IdxX;
        float factor = guard[0];
        if (i >= item.W.IntLength || GpuMath.IsNaN(factor)) return;
        float rate = item.Rate, correction1 = item.Correction1, correction2 = item.Correction2;
        if (step.InMemory != 0)
        {
            int place = (int)rate;
            rate = values[place];
            correction1 = values[place + 1];
            correction2 = values[place + 2];
        }
        float weight = item.W[i], gradient = factor * item.G[i];
        if (step.Coupled != 0) gradient += item.WeightDecay * weight;
        else weight -= rate * item.WeightDecay * weight;
        float mean = (step.Beta1 * item.M[i]) + ((1f - step.Beta1) * gradient);
        float square = (step.Beta2 * item.V[i]) + ((1f - step.Beta2) * gradient * gradient);
        item.M[i] = mean;
        item.V[i] = square;
        item.W[i] = weight - (rate * (mean / correction1) / (XMath.Sqrt(square / correction2) + step.Epsilon));
    }

    internal static void RmsProp(Bundle<RmsPropItem> bundle, ArrayView<float> guard, ArrayView<float> values, RmsPropArguments step)
    {
        RmsPropItem item = bundle.Of(Grid.IdxX);
        int i = ((Grid.IdxX - bundle.FirstOf(Grid.IdxX)) * Group.DimX) + Group.IdxX;
        float factor = guard[0];
        if (i >= item.W.IntLength || GpuMath.IsNaN(factor)) return;
        float weight = item.W[i], gradient = (factor * item.G[i]) + (item.WeightDecay * weight);
        float rate = step.InMemory != 0 ? values[(int)item.Rate] : item.Rate;
        float square = (step.Alpha * item.Square[i]) + ((1f - step.Alpha) * gradient * gradient);
        item.Square[i] = square;
        float change = gradient / (XMath.Sqrt(square) + step.Epsilon);
        if (item.HasVelocity != 0)
        {
            change = (step.Momentum * item.Velocity[i]) + change;
            item.Velocity[i] = change;
        }
        item.W[i] = weight - (rate * change);
    }

    internal static void Lion(Bundle<LionItem> bundle, ArrayView<float> guard, ArrayView<float> values, int inMemory)
    {
        LionItem item = bundle.Of(Grid.IdxX);
        int i = ((Grid.IdxX - bundle.FirstOf(Grid.IdxX)) * Group.DimX) + Group.IdxX;
        float factor = guard[0];
        if (i >= item.W.IntLength || GpuMath.IsNaN(factor)) return;
        float weight = item.W[i], mean = item.M[i], gradient = factor * item.G[i];
        float rate = inMemory != 0 ? values[(int)item.Rate] : item.Rate;
        float blend = (item.Beta1 * mean) + ((1f - item.Beta1) * gradient);
        float sign = blend > 0f ? 1f : blend < 0f ? -1f : 0f;
        item.W[i] = weight - (rate * (sign + (item.WeightDecay * weight)));
        item.M[i] = (item.Beta2 * mean) + ((1f - item.Beta2) * gradient);
    }
}
