using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>A channel's mean and variance: of each chunk of rows first, then of all. Every sum is one of distances, so that a mean far from zero costs no digits.</summary>
internal static class MomentsKernels
{
    /// <summary>
    /// About the chunk's first row, then about the mean found so. The second pass also finds what is missing from that: the first row may be like no other, and a mean is rounded.
    /// Where chunks are merged the rest goes with the mean, so that no chunk's mean is rounded twice.
    /// </summary>
    internal static void OfChunks(ArrayView<float> x, ArrayView<float> mean, ArrayView<float> rests, ArrayView<float> variance, ChannelTiles s)
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
        rest = Cell.LaneSum(shared, rest, s.Width) / rows;
        squares = Cell.LaneSum(shared, squares, s.Width) / rows;
        if (!s.Stores) return;
        variance[s.Place] = squares - (rest * rest);
        if (s.Chunks == 1)
        {
            mean[s.Place] = center + rest;
            return;
        }
        mean[s.Place] = center;
        rests[s.Place] = rest;
    }

    /// <summary>One group a channel: the chunks' moments become those of all rows.</summary>
    internal static void Merge(ArrayView<float> means, ArrayView<float> rests, ArrayView<float> variances, ArrayView<float> mean, ArrayView<float> variance, ChannelTiles s)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = Grid.IdxX, chunks = s.Chunks;
        float origin = means[c], sum = 0f, squares = 0f;
        for (int chunk = Group.IdxX; chunk < chunks; chunk += Group.DimX)
        {
            int at = (chunk * s.Channels) + c;
            sum += s.RowsOf(chunk) * (means[at] - origin + rests[at]);
        }
        float offset = Cell.GroupSum(shared, sum) / s.Rows;
        for (int chunk = Group.IdxX; chunk < chunks; chunk += Group.DimX)
        {
            int at = (chunk * s.Channels) + c;
            float distance = means[at] - origin + rests[at] - offset;
            squares += s.RowsOf(chunk) * (variances[at] + (distance * distance));
        }
        squares = Cell.GroupSum(shared, squares);
        if (Group.IdxX != 0) return;
        mean[c] = origin + offset;
        variance[c] = squares / s.Rows;
    }
}
