using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Training;

public sealed class TokenSetTests
{
    [Fact]
    public void A_sample_has_its_own_tokens_and_padding_behind_them()
    {
        HostDataSet data = TokenTasks.Pairs();
        Assert.True(data is { IsTokens: true, VocabularySize: 10, PadId: 9, HasSegments: true, Count: 3, ClassCount: 2, SampleSize: 4 });
        Assert.Equal([4], data.SampleShape);
        Assert.Equal([3, 1, 4], Enumerable.Range(0, 3).Select(data.LengthOf));
        Assert.Equal([4, 9, 9], Copied(3, span => data.CopyTokens(1, span)));
        Assert.Equal([5, 6, 7, 8], data.TokensOf(2).ToArray());
        Assert.Equal([0, 0, 1, 0], Copied(4, span => data.CopySegments(0, span)));
        Assert.Equal([1, 1, 1, 1], Copied(4, span => data.CopySegments(2, span)));
        Assert.Equal("pairs: 3 samples of at most 4 tokens, 2 classes", data.ToString());
    }

    [Fact]
    public void Sets_made_of_a_set_keep_their_samples_tokens_and_ids()
    {
        HostDataSet data = TokenTasks.Pairs(), chosen = data.WithClasses(1).Select(1, 0);
        Assert.Equal([2, 0], Enumerable.Range(0, 2).Select(chosen.IdOf));
        Assert.Equal([4, 3], Enumerable.Range(0, 2).Select(chosen.LengthOf));
        Assert.Equal([1, 2, 3], chosen.TokensOf(1).ToArray());
        Assert.Equal([4], chosen.SampleShape);
        Assert.Equal([2, 0, 1], Enumerable.Range(0, 3).Select(data.ByLength().IdOf));
        DataSplits splits = DataSplits.Split(TokenTasks.Made(200), 0.1, 0.2);
        Assert.Equal((140, 20, 40), (splits.Train.Count, splits.Validation.Count, splits.Test.Count));
        Assert.Contains("samples of at most 12 tokens; 3 classes:", splits.Description, StringComparison.Ordinal);
        (HostDataSet train, HostDataSet validation) = Folds.Of(data, 3, 1).First();
        Assert.Equal(data.TokensOf(validation.IdOf(0)).ToArray(), validation.TokensOf(0).ToArray());
        Assert.Equal(2, train.Count);
    }

    [Fact]
    public void Labels_of_tokens_come_along()
    {
        HostDataSet data = HostDataSet.FromTokens(new TokenSamples([1, 2, 3, 4, 5], [0, 3, 5], 8) { TokenLabels = [2, 3, -1, 5, -1] }, "next");
        Assert.Equal((8, 8, 1), (data.TokenClassCount, data.OutputCount, data.ClassCount));
        Assert.Equal([5, -1, -1], Copied(3, span => data.CopyTokenLabels(1, span)));
        using var reader = new BatchReader(data, new BatchOptions { BatchSize = 2, Shuffle = false });
        HostBatch batch = reader.Read(0).First();
        Assert.Equal([2, 3, -1, 5, -1, -1], batch.TokenLabels.ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 0], batch.Tokens.ToArray());
        Assert.Equal([3, 2], batch.Lengths.ToArray());
    }

    [Theory]
    [InlineData("an id", "next: expected ids in [0, 8), found 8 at sample 1, token 1.")]
    [InlineData("empty", "next: expected samples of at least one token, found 0 at sample 1.")]
    [InlineData("long", "next: expected samples of at most 2 tokens, found 3 at sample 0.")]
    [InlineData("ends", "next: expected samples that begin at 0 and end at 5, the number of ids, found 0 and 4.")]
    [InlineData("first", "next: expected a first text of at most 2 tokens, as sample 1 has, found 3.")]
    [InlineData("labels", "next: expected labels of tokens in [-1, 2), found 2 at sample 0, token 2.")]
    [InlineData("classes", "next: expected labels in [0, 2), found 2 at sample 0.")]
    [InlineData("count", "next: expected 2 labels, one a sample, found 1.")]
    [InlineData("pad", "next: expected a padding id in [0, 8), found 8.")]
    public void What_is_wrong_is_one_line(string what, string message)
    {
        var good = new TokenSamples([1, 2, 3, 4, 5], [0, 3, 5], 8);
        TokenSamples samples = what switch
        {
            "an id" => good with { Ids = [1, 2, 3, 4, 8] },
            "empty" => good with { Starts = [0, 3, 3, 5] },
            "long" => good with { MaxLength = 2 },
            "ends" => good with { Starts = [0, 3, 4] },
            "first" => good with { FirstLengths = [3, 3] },
            "labels" => good with { TokenLabels = [0, 1, 2, -1, -1], TokenClasses = 2 },
            "pad" => good with { PadId = 8 },
            _ => good,
        };
        int[] labels = what switch { "classes" => [2, 0], "count" => [0], "empty" => [0, 0, 0], _ => [0, 0] };
        Assert.Equal(message, Assert.Throws<DataFormatException>(() => HostDataSet.FromTokens(samples, labels, 2, "next")).Message);
    }

    [Fact]
    public void What_is_of_values_is_refused()
    {
        HostDataSet data = TokenTasks.Pairs();
        const string Values = "pairs: expected samples of values, for {0}, found token ids.";
        Assert.Equal(string.Format(null, Values, "inputs"), Assert.Throws<DataFormatException>(() => data.CopySample(0, new float[4])).Message);
        Assert.Equal(string.Format(null, Values, "normalisation"), Assert.Throws<DataFormatException>(() => data.WithNormalisation(new Normalisation(0, 1))).Message);
        Assert.Equal(string.Format(null, Values, "constants of normalisation"), Assert.Throws<DataFormatException>(() => Normalisation.Of(data)).Message);
        Assert.Equal(string.Format(null, Values, "names of inputs"), Assert.Throws<DataFormatException>(() => data.WithInputNames(["a", "b", "c", "d"])).Message);
        using var device = new ReferenceDevice();
        Assert.Equal("Augmentation: needs images (height, width, channels), found token ids in pairs.", Assert.Throws<ShapeException>(() => DataSets.On(new DataSplits("pairs", data, data, data), device, 1, new Augmentation(new RandomFlip()))).Message);
        HostDataSet values = HostDataSet.FromArrays([1, 2, 3, 4], [2], [0, 1], 2, "values");
        Assert.Contains("found values", Assert.Throws<DataFormatException>(() => new DataSplits("mixed", data, values, values)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => values.TokensOf(0));
    }

    [Fact]
    public void A_batch_is_as_long_as_its_longest_sample_and_has_no_inputs()
    {
        using var device = new ReferenceDevice();
        HostDataSet host = TokenTasks.Pairs();
        DataSets data = DataSets.On(new DataSplits("pairs", host, host.Select(0, 1), host), device, 3);
        using var batches = data.Validation.Batches(4, 0).GetEnumerator();
        Assert.True(batches.MoveNext());
        Batch batch = batches.Current;
        Assert.Equal([1, 2, 3, 4, 9, 9], batch.Tokens!.ToArray());
        Assert.Equal([0, 0, 1, 0, 0, 0], batch.Segments!.ToArray());
        Assert.Equal([3, 1], batch.Lengths!.ToArray());
        Assert.Null(batch.TokenLabels);
        Assert.Equal("Batch of 2, tokens (2, 3)", batch.ToString());
        Assert.Contains("found token ids", Assert.Throws<InvalidOperationException>(() => _ = batch.Inputs).Message, StringComparison.Ordinal);
    }

    private static int[] Copied(int length, Action<Span<int>> copy)
    {
        var to = new int[length];
        to.AsSpan().Fill(-7);
        copy(to);
        return to;
    }
}
