namespace ResearchFreeze.Autograd;

/// <summary>What a node keeps in a slot for its backward pass.</summary>
/// <param name="Range">Where it is; no storage: nothing was kept.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Version">Its storage's when the forward pass was over.</param>
/// <param name="Reals">Where it is as reals again, if it was packed and has been asked for.</param>
internal readonly record struct KeptTensor(TensorRange Range, Shape Shape, int Version, TensorRange Reals = default)
{
    /// <summary>The node is done with it.</summary>
    public void Release(Node keeper)
    {
        if (Range.Storage is not { } storage) return;
        storage.Device.Counters.Unsaved(storage);
        storage.Keepers?.Remove(keeper);
        storage.ReleaseKept();
        Reals.Storage?.ReleaseKept();
    }
}
