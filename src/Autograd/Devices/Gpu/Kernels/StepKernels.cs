using ILGPU;
using ILGPU.Algorithms;

namespace ResearchFreeze.Autograd;

/// <summary>A <see cref="SgdStep"/> as a kernel argument.</summary>
internal struct SgdArguments
{
    public float Rate, Momentum, WeightDecay;
    public int HasVelocity, Nesterov;
}

/// <summary>An <see cref="AdamStep"/> as a kernel argument; the bias corrections are worked out on the host in double.</summary>
internal struct AdamArguments
{
    public float Rate, Beta1, Beta2, Epsilon, WeightDecay, Correction1, Correction2;
    public int Coupled;
}

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
            state[2] = 1f;
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

    internal static void Sgd(ArrayView<float> w, ArrayView<float> g, ArrayView<float> velocity, ArrayView<float> guard, SgdArguments step)
    {
        int i = Grid.GlobalIndex.X;
        float factor = guard[0];
        if (i >= w.IntLength || GpuMath.IsNaN(factor)) return;
        float weight = w[i], gradient = (factor * g[i]) + (step.WeightDecay * weight);
        if (step.HasVelocity != 0)
        {
            float v = (step.Momentum * velocity[i]) + gradient;
            velocity[i] = v;
            gradient = step.Nesterov != 0 ? gradient + (step.Momentum * v) : v;
        }
        w[i] = weight - (step.Rate * gradient);
    }

    internal static void Adam(ArrayView<float> w, ArrayView<float> g, ArrayView<float> m, ArrayView<float> v, ArrayView<float> guard, AdamArguments step)
    {
        int i = Grid.GlobalIndex.X;
        float factor = guard[0];
        if (i >= w.IntLength || GpuMath.IsNaN(factor)) return;
        float weight = w[i], gradient = factor * g[i];
        if (step.Coupled != 0) gradient += step.WeightDecay * weight;
        else weight -= step.Rate * step.WeightDecay * weight;
        float mean = (step.Beta1 * m[i]) + ((1f - step.Beta1) * gradient);
        float square = (step.Beta2 * v[i]) + ((1f - step.Beta2) * gradient * gradient);
        m[i] = mean;
        v[i] = square;
        w[i] = weight - (step.Rate * (mean / step.Correction1) / (XMath.Sqrt(square / step.Correction2) + step.Epsilon));
    }
}
