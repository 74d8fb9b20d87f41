using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>What all kernels share: the store with beta, and sums over a group in a fixed order.</summary>
internal static class Cell
{
    /// <summary>Threads in a group of an element-wise kernel, and at most of any.</summary>
    public const int GroupSize = 256;

    /// <summary>y[i] ← value + beta·y[i]; with beta = 0 the old content does not count.</summary>
    public static void Store(ArrayView<float> y, int i, float value, float beta)
    {
        if (beta == 0f) y[i] = value;
        else y[i] = value + (beta * y[i]);
    }

    /// <summary>An <see cref="Activation"/> by its number.</summary>
    public static float Activate(float value, int activation)
    {
        if (activation == (int)Activation.Relu) return default(ReluOp<float>).Apply(value);
        if (activation == (int)Activation.Tanh) return default(TanhOp<float, GpuMath>).Apply(value);
        return activation == (int)Activation.Sigmoid ? default(SigmoidOp<float, GpuMath>).Apply(value) : value;
    }

    /// <summary>The derivative of an <see cref="Activation"/>, by its number, where its result was y.</summary>
    public static float Slope(float y, int activation)
    {
        if (activation == (int)Activation.Relu) return default(ReluOp<float>).Derivative(y, y);
        if (activation == (int)Activation.Tanh) return default(TanhOp<float, GpuMath>).Derivative(y, y);
        return activation == (int)Activation.Sigmoid ? default(SigmoidOp<float, GpuMath>).Derivative(y, y) : 1f;
    }

    /// <summary>Σ over the group's threads (a power of two), the same for all of them. All threads must call it.</summary>
    public static float GroupSum(ArrayView<float> shared, float value) => LaneSum(shared, value, 1);

    /// <summary>Σ over those of the group's threads that are a multiple of width apart (a power of two), the same for all of these. All threads must call it.</summary>
    public static float LaneSum(ArrayView<float> shared, float value, int width)
    {
        int thread = Group.IdxX;
        Group.Barrier();                         // what shared held before has been read
        shared[thread] = value;
        Group.Barrier();
        for (int half = Group.DimX / 2; half >= width; half /= 2)
        {
            if (thread < half) shared[thread] += shared[thread + half];
            Group.Barrier();
        }
        return shared[thread & (width - 1)];
    }

    /// <summary>The largest value of the group's threads. NaN may or may not win.</summary>
    public static float GroupMax(ArrayView<float> shared, float value)
    {
        int thread = Group.IdxX;
        Group.Barrier();
        shared[thread] = value;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (thread < half)
            {
                float other = shared[thread + half];
                if (other > shared[thread]) shared[thread] = other;
            }
            Group.Barrier();
        }
        return shared[0];
    }
}
