namespace ResearchFreeze.Peers;

/// <summary>Theirs: the same step in TorchSharp.</summary>
internal abstract class TorchStep : IDisposable
{
    /// <summary>A step with a number of units frozen in front.</summary>
    public static TorchStep Create(string model, int batch, int frozen) => TransformerPlan.IsPlan(model) ? new TorchTokenStep(model, batch, frozen) : new TorchValueStep(model, batch, frozen);

    public abstract void Step();

    public abstract void Dispose();
}
