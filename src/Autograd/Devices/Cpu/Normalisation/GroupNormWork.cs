namespace ResearchFreeze.Autograd;

/// <summary>Samples of a group norm.</summary>
internal unsafe struct GroupNormWork : IRangeWork
{
    public SampleSpace Space;
    public float* X;
    public float* Gamma;
    public float* Bias;
    public float* Y;
    public float* State;
    public double* Memory;

    public readonly void Run(int start, int end)
    {
        GroupNormShape s = Space.Shape;
        // Memory of the first sample of the part: nobody else's.
        double* memory = Memory + (Space.Doubles * start);
        int length = Space.Elements.Length;
        float* center = Space.Floats(memory), scale = center + length, shift = scale + length;
        for (int sample = start; sample < end; sample++)
        {
            nint at = (nint)sample * s.Spatial * s.Channels;
            Space.Moments(X + at, memory);
            for (int group = 0; group < s.Groups; group++) Coefficients(sample, group, memory, center, scale, shift);
            for (int i = 0; i < 3; i++) Space.Elements.Repeat(center + (i * length));
            var work = new BatchNormWork<IdentityOp> { Blocks = Space.Elements, X = X + at, Y = Y + at, Center = center, Scale = scale, Shift = shift };
            work.Run(0, Space.Elements.Count);
        }
    }

    private readonly void Coefficients(int sample, int group, double* memory, float* center, float* scale, float* shift)
    {
        GroupNormShape s = Space.Shape;
        int first = group * s.GroupChannels, end = first + s.GroupChannels, item = (sample * s.Groups) + group;
        double* means = memory, squares = means + s.Channels;
        double mean = 0, sum = 0;
        if (s.IsCentered)
        {
            for (int c = first; c < end; c++) mean += means[c];
            mean /= s.GroupChannels;
        }
        for (int c = first; c < end; c++) sum += squares[c] + (s.Spatial * (means[c] - mean) * (means[c] - mean));
        float middle = (float)mean, reciprocal = (float)(1 / Math.Sqrt((sum / ((double)s.Spatial * s.GroupChannels)) + s.Epsilon));
        if (State != null)
        {
            State[item] = middle;
            State[(s.Batch * s.Groups) + item] = reciprocal;
        }
        for (int c = first; c < end; c++)
        {
            center[c] = middle;
            scale[c] = reciprocal * Gamma[c];
            shift[c] = Bias == null ? 0 : Bias[c];
        }
    }
}
