using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>A channel's mean and variance: of each chunk of rows first, then of all. Every sum is one of distances, so that a mean far from zero costs no digits.</summary>
internal static class MomentsKernels
{
    /// <summary>About the chunk's first row, then about the mean found so, which the second pass also corrects: that first row may be like no other.</summary>
    internal static void OfChunks(ArrayView<float> x, ArrayView<float> mean, ArrayView<float> variance, ChannelTiles s)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = s.Channel, first = s.First, step = s.Step, end = s.End, rows = end - s.Start;
        float origin = x[(s.Start * s.Channels) + c], sum = 0f, rest = 0f, squares = 0f;
        for (int row = first; row < end; row += step) sum += x[(row * s.Channels) + c] - origin;
        float center = origin + (Cell.LaneSum(shared, sum, s.Width) / rows);
        for (int row = first; row < end; row += step)
        {
            float distance = x[(row * s.Channels) + c] - center;
            rest += distance;
            squares += distance * distance;
        }
        rest = Cell.LaneSum(shared, rest, s.Width);
        squares = Cell.LaneSum(shared, squares, s.Width);
        if (!s.Stores) return;
        mean[s.Place] = center + (rest / rows);
        variance[s.Place] = squares / rows;
    }

    /// <summary>One group a channel: the chunks' moments become those of all rows.</summary>
    internal static void Merge(ArrayView<float> means, ArrayView<float> variances, ArrayView<float> mean, ArrayView<float> variance, ChannelTiles s)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = Grid.IdxX, chunks = s.Chunks;
        float origin = means[c], sum = 0f, squares = 0f;
        for (int chunk = Group.IdxX; chunk < chunks; chunk += Group.DimX) sum += s.RowsOf(chunk) * (means[(chunk * s.Channels) + c] - origin);
        float center = origin + (Cell.GroupSum(shared, sum) / s.Rows);
        for (int chunk = Group.IdxX; chunk < chunks; chunk += Group.DimX)
        {
            float distance = means[(chunk * s.Channels) + c] - center;
            squares += s.RowsOf(chunk) * (variances[(chunk * s.Channels) + c] + (distance * distance));
        }
        squares = Cell.GroupSum(shared, squares);
        if (Group.IdxX != 0) return;
        mean[c] = center;
        variance[c] = squares / s.Rows;
    }
}
