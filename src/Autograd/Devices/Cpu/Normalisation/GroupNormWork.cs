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

/// <summary>Samples of a group norm's input gradient: r·γ·dy − r·mean(γ·dy) − (x − center)·r²·mean(γ·dy·x̂), means over the group.</summary>
internal unsafe struct GroupNormGradientWork : IRangeWork
{
    public SampleSpace Space;
    public float* X;
    public float* State;
    public float* Gamma;
    public float* OutputGradient;
    public float* InputGradient;
    public float Beta;
    public double* Memory;

    public readonly void Run(int start, int end)
    {
        GroupNormShape s = Space.Shape;
        double* memory = Memory + (Space.Doubles * start), sums = memory, products = sums + s.Channels;
        int length = Space.Elements.Length;
        float* center = Space.Floats(memory), scale = center + length, shift = scale + length, slope = shift + length;
        for (int sample = start; sample < end; sample++)
        {
            nint at = (nint)sample * s.Spatial * s.Channels;
            Space.Sum<GradientTerms>(X + at, OutputGradient + at, State, sample, memory, sums, products);
            for (int group = 0; group < s.Groups; group++)
            {
                int first = group * s.GroupChannels, last = first + s.GroupChannels, item = (sample * s.Groups) + group;
                double reciprocal = State[(s.Batch * s.Groups) + item], size = (double)s.Spatial * s.GroupChannels, sum = 0, product = 0;
                for (int c = first; c < last; c++)
                {
                    sum += Gamma[c] * sums[c];
                    product += Gamma[c] * products[c];
                }
                for (int c = first; c < last; c++)
                {
                    center[c] = State[item];
                    scale[c] = (float)(reciprocal * Gamma[c]);
                    shift[c] = s.IsCentered ? (float)(reciprocal * sum / size) : 0;
                    slope[c] = (float)(reciprocal * reciprocal * reciprocal * product / size);
                }
            }
            for (int i = 0; i < 4; i++) Space.Elements.Repeat(center + (i * length));
            var work = new BatchNormGradientWork
            {
                Blocks = Space.Elements,
                X = X + at,
                OutputGradient = OutputGradient + at,
                InputGradient = InputGradient + at,
                Center = center,
                Scale = scale,
                Shift = shift,
                Slope = slope,
                Beta = Beta,
            };
            work.Run(0, Space.Elements.Count);
        }
    }
}

/// <summary>Each sample's part of γ's gradient: Σ dy·(x − center)·r over its pixels.</summary>
internal unsafe struct GroupNormScaleWork : IRangeWork
{
    public SampleSpace Space;
    public float* X;
    public float* State;
    public float* OutputGradient;
    public double* Sums;
    public double* Memory;

    public readonly void Run(int start, int end)
    {
        GroupNormShape s = Space.Shape;
        double* memory = Memory + (Space.Doubles * start);
        for (int sample = start; sample < end; sample++)
        {
            nint at = (nint)sample * s.Spatial * s.Channels;
            double* sums = Sums + ((long)sample * s.Channels);
            Space.Sum<ScaleTerm>(X + at, OutputGradient + at, State, sample, memory, sums, null);
            for (int c = 0; c < s.Channels; c++) sums[c] *= State[(s.Batch * s.Groups) + (sample * s.Groups) + (c / s.GroupChannels)];
        }
    }
}
