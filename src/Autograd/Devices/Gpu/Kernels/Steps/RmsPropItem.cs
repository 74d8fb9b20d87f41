using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>An <see cref="RmsPropTarget"/> as a kernel argument.</summary>
internal struct RmsPropItem
{
    public ArrayView<float> W, G, Square, Velocity;
    public float Rate, WeightDecay;
    public int HasVelocity;
}
