using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>A <see cref="CrossEntropyShape"/> as a kernel argument.</summary>
internal struct CrossEntropyArguments
{
    public int Rows, Classes, IgnoreIndex, HasWeights;
    public float Smoothing;
}

/// <summary>One group a row; the rows' terms are then added by one group, in a fixed order.</summary>
internal static class CrossEntropyKernels
{
    /// <summary>state[row] ← log Σ eˣ; terms[row] ← the row's loss, terms[rows + row] ← its weight.</summary>
    internal static void Rows(
        ArrayView<float> logits, ArrayView<int> labels, ArrayView<float> weights, ArrayView<float> state, ArrayView<float> terms, CrossEntropyArguments shape)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int row = Grid.IdxX;
        long start = (long)row * shape.Classes;
        float max = SoftmaxKernels.RowMax(logits, start, shape.Classes, shared), sum = 0f;
        for (int c = Group.IdxX; c < shape.Classes; c += Group.DimX) sum += GpuMath.Exp(logits[start + c] - max);
        float logSum = max + GpuMath.Log(Cell.GroupSum(shared, sum));
        float smooth = 0f;
        if (shape.Smoothing > 0f)
        {
            for (int c = Group.IdxX; c < shape.Classes; c += Group.DimX) smooth += WeightOf(weights, shape, c) * (logSum - logits[start + c]);
            smooth = Cell.GroupSum(shared, smooth);
        }
        if (Group.IdxX != 0) return;
        state[row] = logSum;
        int label = labels[row];
        float term = 0f, weight = 0f;
        if (label != shape.IgnoreIndex)
        {
            if (label < 0 || label >= shape.Classes)
            {
                term = GpuMath.NaN();
            }
            else
            {
                weight = WeightOf(weights, shape, label);
                term = (1f - shape.Smoothing) * weight * (logSum - logits[start + label]);
                if (shape.Smoothing > 0f) term += shape.Smoothing / shape.Classes * smooth;
            }
        }
        terms[row] = term;
        terms[shape.Rows + row] = weight;
    }

    /// <summary>loss ← Σ terms / Σ weights; state[rows] ← Σ weights.</summary>
    internal static void Finish(ArrayView<float> terms, ArrayView<float> state, ArrayView<float> loss, int rows)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        float total = 0f, weight = 0f;
        for (int row = Group.IdxX; row < rows; row += Group.DimX)
        {
            total += terms[row];
            weight += terms[rows + row];
        }
        total = Cell.GroupSum(shared, total);
        weight = Cell.GroupSum(shared, weight);
        if (Group.IdxX != 0) return;
        state[rows] = weight;
        loss[0] = total / weight;
    }

    internal static void Backward(
        ArrayView<float> logits,
        ArrayView<int> labels,
        ArrayView<float> weights,
        ArrayView<float> state,
        ArrayView<float> dloss,
        ArrayView<float> dlogits,
        CrossEntropyArguments shape,
        float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int row = Grid.IdxX, label = labels[row];
        long start = (long)row * shape.Classes;
        float smooth = shape.Smoothing / shape.Classes;
        bool isValid = label >= 0 && label < shape.Classes;
        float labelWeight = isValid ? (1f - shape.Smoothing) * WeightOf(weights, shape, label) : 0f;
        float mass = labelWeight;                                        // Σ of the row's target
        if (shape.Smoothing > 0f)
        {
            float sum = 0f;
            for (int c = Group.IdxX; c < shape.Classes; c += Group.DimX) sum += WeightOf(weights, shape, c);
            mass += smooth * Cell.GroupSum(shared, sum);
        }
        float scale = dloss[0] / state[shape.Rows], logSum = state[row];
        for (int c = Group.IdxX; c < shape.Classes; c += Group.DimX)
        {
            float target = (c == label ? labelWeight : 0f) + (smooth * WeightOf(weights, shape, c));
            float value = scale * ((mass * GpuMath.Exp(logits[start + c] - logSum)) - target);
            if (!isValid) value = GpuMath.NaN();
            if (label == shape.IgnoreIndex) value = 0f;
            if (beta != 0f) value += beta * dlogits[start + c];
            dlogits[start + c] = value;
        }
    }

    private static float WeightOf(ArrayView<float> weights, CrossEntropyArguments shape, int c) => shape.HasWeights != 0 ? weights[c] : 1f;
}
