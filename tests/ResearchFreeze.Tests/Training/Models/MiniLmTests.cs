using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Golden;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>
/// all-MiniLM-L6-v2 as <c>scripts/get-minilm.sh</c> makes it, beside ONNX Runtime's results on 200 texts of 3 to 512 tokens (<c>Golden/pretrained</c>). CI fetches it outside the clone; elsewhere <c>RESEARCHFREEZE_MINILM</c> names its
/// folder.
/// </summary>
public sealed class MiniLmTests
{
    private const int Texts = 200, Width = 384;

    private static string Folder
    {
        get
        {
            string? folder = Environment.GetEnvironmentVariable("RESEARCHFREEZE_MINILM");
            Assert.SkipWhen(string.IsNullOrEmpty(folder), "RESEARCHFREEZE_MINILM names no folder: scripts/get-minilm.sh makes one.");
            return folder!;
        }
    }

    [Fact]
    public void HiddenStatesAndMeansAreOnnxRuntimes()
    {
        HuggingFaceModel source = HuggingFaceModel.Open(Folder);
        using var device = new CpuDevice(2);
        using TextTransformer model = source.BuildText(source.Blocks, 2, Pooling.Mean).Initialize(device, 1);
        model.Eval();
        var golden = new GoldenFile<Dictionary<string, object>>("pretrained", "minilm");
        int[] all = Whole(golden, "ids"), lengths = Whole(golden, "lengths");
        double[] states = golden.Values("states"), means = golden.Values("means");
        double largestState = states.Max(Math.Abs), largestMean = means.Max(Math.Abs), stateError = 0, meanError = 0;
        int[] starts = [.. lengths.Select((_, i) => lengths[..i].Sum())];
        var alone = new float[Texts][];
        for (int text = 0; text < Texts; text++)
        {
            (float[] hidden, float[] mean) = Outputs([text], lengths[text]);
            alone[text] = mean;
            for (int c = 0; c < Width; c++)
            {
                stateError = Math.Max(stateError, Math.Abs(hidden[c] - states[(text * 2 * Width) + c]));
                stateError = Math.Max(stateError, Math.Abs(hidden[((lengths[text] - 1) * Width) + c] - states[(((text * 2) + 1) * Width) + c]));
                meanError = Math.Max(meanError, Math.Abs(mean[c] - means[(text * Width) + c]));
            }
        }
        Assert.InRange(stateError / largestState, 0, 1e-4);
        Assert.InRange(meanError / largestMean, 0, 1e-4);
        // With company and padding they are the same bits.
        for (int first = 0; first < 60; first += 15)
        {
            int[] together = [.. Enumerable.Range(0, 5).Select(i => (first + (i * 31)) % 100)];
            float[] padded = Outputs(together, Math.Min(512, together.Max(text => lengths[text]) + (first % 7))).Mean;
            for (int i = 0; i < 5; i++) Assert.Equal(alone[together[i]], padded[(i * Width)..((i + 1) * Width)]);
        }

        (float[] States, float[] Mean) Outputs(int[] texts, int length)
        {
            using GradMode.Restore mode = GradMode.Disable();
            using var scope = new Scope();
            var ids = new int[texts.Length * length];
            for (int i = 0; i < texts.Length; i++) all.AsSpan(starts[texts[i]], lengths[texts[i]]).CopyTo(ids.AsSpan(i * length));
            Batch batch = Batch.OfTokens(
                IntTensor.From(device, ids, [texts.Length, length]), IntTensor.From(device, [.. texts.Select(text => lengths[text])]), IntTensor.From(device, new int[texts.Length]), texts);
            Tensor states = model.States(batch);
            return (states.ToArray(), model.Head.Pooled(states, batch.Lengths).ToArray());
        }
    }

    [Fact]
    public void ItsWordsAreBerts()
    {
        ResearchFreeze.Data.ITokenizer tokenizer = ResearchFreeze.Data.TextTokenizers.Open(Folder);
        Assert.Equal(30522, tokenizer.VocabularySize);
        Assert.Equal("una ##ffa ##ble em ##bed ##ding ##s , cafe !", string.Join(' ', tokenizer.Encode("Unaffable embeddings, café!").Select(tokenizer.TokenOf)));
        Assert.Equal([101], tokenizer.Frame.Before);
        Assert.Equal([102], tokenizer.Frame.After);
    }

    [Fact]
    public void WhatIsWrittenIsWhatWasRead()
    {
        HuggingFaceModel source = HuggingFaceModel.Open(Folder);
        using var device = new CpuDevice(1);
        using TextTransformer model = source.BuildText(source.Blocks, 2, Pooling.Mean).Initialize(device, 1);
        Assert.Equal("embeddings block1 block2 block3 block4 block5 block6 head", string.Join(' ', FreezeUnit.Of(model).Select(unit => unit.Path)));
        using var folder = new TemporaryFolder();
        string copy = Path.Combine(folder.Root, "copy");
        source.Save(model, copy);
        Dictionary<string, SafetensorsEntry> read = WeightFiles.Read(Folder), written = WeightFiles.Read(copy);
        Assert.Equal(read.Keys.Where(name => !name.StartsWith("pooler", StringComparison.Ordinal)).Append("classifier.bias").Append("classifier.weight").Order(StringComparer.Ordinal), written.Keys.Order(StringComparer.Ordinal));
        foreach (string name in written.Keys.Where(read.ContainsKey)) Assert.Equal(read[name].ToDoubles(), written[name].ToDoubles());
        Assert.True(File.Exists(Path.Combine(copy, "vocab.txt")));
    }

    private static int[] Whole(GoldenFile<Dictionary<string, object>> golden, string name) => [.. golden.Entry(name).Integers.Select(value => (int)value)];
}
