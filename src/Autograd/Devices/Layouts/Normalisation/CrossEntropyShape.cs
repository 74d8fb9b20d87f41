namespace ResearchFreeze.Autograd;

/// <summary>Cross entropy of rows of logits against integer labels, in PyTorch's convention: mean over the rows that are not ignored, weighted by their label's weight.</summary>
/// <param name="Rows">Rows of logits.</param>
/// <param name="Classes">Columns.</param>
/// <param name="Smoothing">Label smoothing ε in [0, 1): the target is (1−ε)·onehot + ε/classes.</param>
/// <param name="IgnoreIndex">Rows with this label count nothing.</param>
public readonly record struct CrossEntropyShape(int Rows, int Classes, float Smoothing, int IgnoreIndex)
{
    /// <summary>Elements of the logits.</summary>
    public int Count => checked(Rows * Classes);
}
