namespace ResearchFreeze.Autograd;

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
