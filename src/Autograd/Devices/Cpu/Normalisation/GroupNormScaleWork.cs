namespace ResearchFreeze.Autograd;

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
