using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Batch norm of a training batch in two launches each way. The first makes sums of chunks of rows; every group of the second adds up those of its channels itself, in the same order as all others, in place of a launch
/// between the two, and then goes over a chunk of rows.
/// </summary>
internal static class FusedBatchNormKernels
{
    /// <summary>Chunks of rows at most: every group of the second launch reads the sums of all of them.</summary>
    public const int MostChunks = 256;

    /// <summary>Merges the chunks' moments (<see cref="MomentsKernels.OfChunks"/>: means, what they lack, variances) and normalises with them. The groups of the first chunk store the moments, and update the running ones.</summary>
    internal static void Normalise(
        ArrayView<float> x, ArrayView<float> chunks, ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> residual,
        ArrayView<float> runningMean, ArrayView<float> runningVariance, ArrayView<float> y, ChannelTiles s, BatchNormArguments p)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = s.Channel, step = s.Step, count = s.Chunks, size = count * s.Channels;
        float origin = chunks[c], sum = 0f, squares = 0f;
        // Where one chunk is all, its mean lacks nothing, and nothing has been stored for that.
        for (int chunk = Group.IdxX / s.Width; chunk < count; chunk += step)
        {
            int at = (chunk * s.Channels) + c;
            float rest = count == 1 ? 0f : chunks[size + at];
            sum += s.RowsOf(chunk) * (chunks[at] - origin + rest);
        }
        float offset = Cell.LaneSum(shared, sum, s.Width) / s.Rows;
        for (int chunk = Group.IdxX / s.Width; chunk < count; chunk += step)
        {
            int at = (chunk * s.Channels) + c;
            float distance = chunks[at] - origin + (count == 1 ? 0f : chunks[size + at]) - offset;
            squares += s.RowsOf(chunk) * (chunks[(2 * size) + at] + (distance * distance));
        }
        float center = origin + offset, width = Cell.LaneSum(shared, squares, s.Width) / s.Rows;
        if (s.Stores && Grid.IdxX < s.Tiles)
        {
            mean[c] = center;
            variance[c] = width;
            if (p.HasRunning != 0 && GpuMath.IsFinite(center) && GpuMath.IsFinite(width))
            {
                runningMean[c] = ((1f - p.Momentum) * runningMean[c]) + (p.Momentum * center);
                runningVariance[c] = ((1f - p.Momentum) * runningVariance[c]) + (p.VarianceMomentum * width);
            }
        }
        if (!s.HasChannel) return;
        float scale = gamma[c] / GpuMath.Sqrt(width + p.Epsilon), shift = beta[c];
        int end = s.End;
        for (int row = s.First; row < end; row += step)
        {
            int i = (row * s.Channels) + c;
            float value = ((x[i] - center) * scale) + shift;
            if (p.HasResidual != 0) value += residual[i];
            y[i] = Cell.Activate(value, p.Activation);
        }
    }

    /// <summary>dz ← dy·activation'(y), which may take dy's place, and of each chunk of rows Σ dz and behind them all Σ dz·(x − mean).</summary>
    internal static void GradientSums(
        ArrayView<float> x, ArrayView<float> mean, ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dz, ArrayView<float> sums, ChannelTiles s, int activation)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = s.Channel, step = s.Step, end = s.End;
        float center = mean[c], shift = 0f, scale = 0f;
        bool stores = activation != (int)Activation.None && s.HasChannel;
        for (int row = s.First; row < end; row += step)
        {
            int i = (row * s.Channels) + c;
            float value = dy[i];
            if (stores)
            {
                value *= Cell.Slope(y[i], activation);
                dz[i] = value;
            }
            shift += value;
            scale += value * (x[i] - center);
        }
        shift = Cell.LaneSum(shared, shift, s.Width);
        scale = Cell.LaneSum(shared, scale, s.Width);
        if (!s.Stores) return;
        sums[s.Place] = shift;
        sums[(s.Chunks * s.Channels) + s.Place] = scale;
    }

    /// <summary>Adds up the chunks' sums and makes dx of them: see <see cref="BatchNormKernels.InputGradient"/>. The groups of the first chunk store Σ dz·x̂ and Σ dz.</summary>
    internal static void InputGradient(
        ArrayView<float> x, ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> gamma, ArrayView<float> dz, ArrayView<float> sums, ArrayView<float> dgamma, ArrayView<float> dbeta, ArrayView<float> dx,
        ChannelTiles s, float epsilon, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = s.Channel, step = s.Step, count = s.Chunks, size = count * s.Channels;
        float shift = 0f, scale = 0f;
        for (int chunk = Group.IdxX / s.Width; chunk < count; chunk += step)
        {
            int at = (chunk * s.Channels) + c;
            shift += sums[at];
            scale += sums[size + at];
        }
        float reciprocal = 1f / GpuMath.Sqrt(variance[c] + epsilon), center = mean[c];
        shift = Cell.LaneSum(shared, shift, s.Width);
        scale = Cell.LaneSum(shared, scale, s.Width) * reciprocal;
        if (s.Stores && Grid.IdxX < s.Tiles)
        {
            dgamma[c] = scale;
            dbeta[c] = shift;
        }
        if (!s.HasChannel) return;
        float factor = gamma[c] * reciprocal, slope = scale / s.Rows * reciprocal;
        shift /= s.Rows;
        int end = s.End;
        for (int row = s.First; row < end; row += step)
        {
            int i = (row * s.Channels) + c;
            Cell.Store(dx, i, factor * (dz[i] - shift - ((x[i] - center) * slope)), beta);
        }
    }
}
