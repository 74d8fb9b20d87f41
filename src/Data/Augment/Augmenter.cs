using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>Augments the samples of one reader: the key of its epoch and one sample's scratch space.</summary>
internal sealed class Augmenter
{
    private readonly IReadOnlyList<IAugmentation> stages;
    private readonly Shape shape;
    private readonly float[] scratch;
    private readonly int variants;

    /// <param name="augmentation">What is done.</param>
    /// <param name="data">To what.</param>
    /// <param name="scratchSize">A sample's size, or 0 where none is decoded.</param>
    public Augmenter(Augmentation augmentation, HostDataSet data, int scratchSize)
    {
        shape = data.SampleShape.Length == 2 ? [.. data.SampleShape, 1] : new Shape(data.SampleShape);
        augmentation.Check(shape);
        (stages, variants) = (augmentation.Stages, augmentation.Variants);
        scratch = new float[scratchSize];
    }

    /// <summary>The key of the epoch.</summary>
    public ulong Key { get; private set; }

    public void Begin(ulong seed, int epoch) => Key = AugmentationRandom.KeyOf(seed, variants == 0 ? epoch : epoch % variants);

    /// <summary>Writes a sample and changes it, to and fro between its place and the scratch space so that the last change writes to its place.</summary>
    public void CopySample(HostDataSet data, int index, Span<float> place)
    {
        bool inPlace = stages.Count % 2 == 0;
        data.CopySample(index, inPlace ? place : scratch);
        for (int stage = 0; stage < stages.Count; stage++)
        {
            var random = new AugmentationRandom(Key, data.IdOf(index), stage);
            stages[stage].Apply(ref random, shape, inPlace ? place : scratch, inPlace ? scratch : place);
            inPlace = !inPlace;
        }
    }
}
