namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>1 where an element is false, that is 0, else 0; no gradient passes.</summary>
    public static Tensor operator !(Tensor a)
    {
        ArgumentNullException.ThrowIfNull(a);
        return a.EqualTo(0);
    }
}
