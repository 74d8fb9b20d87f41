using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>An <see cref="SgdTarget"/> as a kernel argument.</summary>
internal struct SgdItem
{
    public ArrayView<float> W, G, Velocity;
    public float Rate, Momentum, WeightDecay;
    public int HasVelocity, Nesterov;
}
