namespace ResearchFreeze.Autograd;

/// <summary>How a sample of a group norm is walked, and the memory for it: rows are pixels, and a group's numbers come from its channels'.</summary>
internal readonly unsafe struct SampleSpace
{
    public SampleSpace(in GroupNormShape shape)
    {
        Shape = shape;
        Sums = ChannelBlocks.ForSums(shape.Spatial, shape.Channels);
        Elements = ChannelBlocks.ForElements(shape.Spatial, shape.Channels);
    }

    public GroupNormShape Shape { get; }

    /// <summary>For sums over pixels.</summary>
    public ChannelBlocks Sums { get; }

    /// <summary>For passes over elements.</summary>
    public ChannelBlocks Elements { get; }

    /// <summary>Doubles of memory for a sample: four a channel, then four blocks of floats.</summary>
    public long Doubles => (4L * Shape.Channels) + (2L * Elements.Length);

    /// <summary>The floats of a sample's memory.</summary>
    public float* Floats(double* memory) => (float*)(memory + (4L * Shape.Channels));

    /// <summary>Each channel's mean over the pixels and its square sum about that.</summary>
    /// <param name="x">The sample.</param>
    /// <param name="memory">The sample's memory: receives means, then square sums.</param>
    public void Moments(float* x, double* memory)
    {
        int channels = Shape.Channels;
        double* means = memory, squares = means + channels, chunkMeans = squares + channels, chunkSquares = chunkMeans + channels;
        new Span<double>(means, 2 * channels).Clear();
        double count = 0;
        for (int chunk = 0; chunk < Sums.Chunks; chunk++)
        {
            int rows = Sums.RowsOf(chunk);
            ChannelSums.Moments(Sums, x + ((nint)chunk * Sums.ChunkRows * channels), rows, Floats(memory), chunkMeans, chunkSquares);
            ChannelSums.Join(channels, count, means, squares, rows, chunkMeans, chunkSquares);
            count += rows;
        }
    }

    /// <summary>Each channel's sums over the pixels.</summary>
    /// <param name="x">The sample.</param>
    /// <param name="dy">Its gradient.</param>
    /// <param name="state">The state of a forward pass: sums are about each group's mean.</param>
    /// <param name="sample">Which sample it is.</param>
    /// <param name="memory">The sample's memory.</param>
    /// <param name="first">Receives a sum a channel.</param>
    /// <param name="second">Receives another, where there are two.</param>
    public void Sum<TTerm>(float* x, float* dy, float* state, int sample, double* memory, double* first, double* second)
        where TTerm : struct, IChannelTerm
    {
        int channels = Shape.Channels;
        float* center = Floats(memory);
        for (int group = 0; group < Shape.Groups; group++) new Span<float>(center + (group * Shape.GroupChannels), Shape.GroupChannels).Fill(state[(sample * Shape.Groups) + group]);
        Sums.Repeat(center);
        new Span<double>(first, channels).Clear();
        if (TTerm.IsPair) new Span<double>(second, channels).Clear();
        for (int chunk = 0; chunk < Sums.Chunks; chunk++)
        {
            nint at = (nint)chunk * Sums.ChunkRows * channels;
            ChannelSums.Add<TTerm>(Sums, x + at, center, dy + at, Sums.RowsOf(chunk), center + Sums.Length, first, second);
        }
    }
}
