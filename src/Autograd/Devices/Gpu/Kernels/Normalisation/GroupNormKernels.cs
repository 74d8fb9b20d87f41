using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Normalisation within a sample: one group of threads a (sample, group); γ's gradient is cut into chunks of rows.</summary>
internal static class GroupNormKernels
{
    internal static void Forward(ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> bias, ArrayView<float> y, ArrayView<float> state, GroupNormArguments s)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int item = Grid.IdxX, size = s.Size;
        float mean = 0f, sum = 0f, rest = 0f, squares = 0f;
        if (s.IsCentered != 0)
        {
            float origin = x[s.At(item, 0)];
            for (int k = Group.IdxX; k < size; k += Group.DimX) sum += x[s.At(item, k)] - origin;
            mean = origin + (Cell.GroupSum(shared, sum) / size);
        }
        for (int k = Group.IdxX; k < size; k += Group.DimX)
        {
            float distance = x[s.At(item, k)] - mean;
            rest += distance;
            squares += distance * distance;
        }
        // Corrected by what is left: the first element may be like no other.
        rest = Cell.GroupSum(shared, rest);
        if (s.IsCentered != 0) mean += rest / size;
        float reciprocal = 1f / GpuMath.Sqrt((Cell.GroupSum(shared, squares) / size) + s.Epsilon);
        for (int k = Group.IdxX; k < size; k += Group.DimX)
        {
            int at = s.At(item, k), c = s.Channel(item, k);
            float value = (x[at] - mean) * reciprocal * gamma[c];
            y[at] = s.HasBias != 0 ? value + bias[c] : value;
        }
        if (Group.IdxX != 0 || s.HasState == 0) return;
        state[item] = mean;
        state[(s.Batch * s.Groups) + item] = reciprocal;
    }

    internal static void InputGradient(ArrayView<float> x, ArrayView<float> state, ArrayView<float> gamma, ArrayView<float> dy, ArrayView<float> dx, GroupNormArguments s, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int item = Grid.IdxX, size = s.Size;
        float mean = state[item], reciprocal = state[(s.Batch * s.Groups) + item], sum = 0f, product = 0f;
        for (int k = Group.IdxX; k < size; k += Group.DimX)
        {
            int at = s.At(item, k);
            float scaled = dy[at] * gamma[s.Channel(item, k)];
            sum += scaled;
            product += scaled * ((x[at] - mean) * reciprocal);
        }
        float shift = Cell.GroupSum(shared, sum) / size, slope = Cell.GroupSum(shared, product) / size;
        if (s.IsCentered == 0) shift = 0f;
        for (int k = Group.IdxX; k < size; k += Group.DimX)
        {
            int at = s.At(item, k);
            float scaled = dy[at] * gamma[s.Channel(item, k)], normal = (x[at] - mean) * reciprocal;
            Cell.Store(dx, at, reciprocal * (scaled - shift - (normal * slope)), beta);
        }
    }

    /// <summary>Σ dy·x̂ of each chunk of rows (samples times pixels).</summary>
    internal static void ScaleGradient(ArrayView<float> x, ArrayView<float> state, ArrayView<float> dy, ArrayView<float> sums, ChannelTiles tiles, GroupNormArguments s, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = tiles.Channel, group = c / s.GroupChannels, step = tiles.Step, end = tiles.End;
        float sum = 0f;
        for (int row = tiles.First; row < end; row += step)
        {
            int item = (row / s.Spatial * s.Groups) + group, at = (row * tiles.Channels) + c;
            sum += dy[at] * ((x[at] - state[item]) * state[(s.Batch * s.Groups) + item]);
        }
        sum = Cell.LaneSum(shared, sum, tiles.Width);
        if (tiles.Stores) Cell.Store(sums, tiles.Place, sum, beta);
    }
}
