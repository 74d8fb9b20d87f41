using ResearchFreeze.Autograd;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

/// <summary>Made-up samples of token ids.</summary>
internal static class TokenTasks
{
    public const int Vocabulary = 30;
    public const int Classes = 3;

    /// <summary>Three samples written down: of 2 + 1, 1 + 0 and 0 + 4 tokens.</summary>
    public static HostDataSet Pairs() =>
        HostDataSet.FromTokens(new TokenSamples([1, 2, 3, 4, 5, 6, 7, 8], [0, 3, 4, 8], 10) { PadId = 9, FirstLengths = [2, 1, 0] }, [1, 0, 1], 2, "pairs");

    /// <summary>Samples of 2 to so many tokens, most of them from their class's part of the vocabulary.</summary>
    public static HostDataSet Made(int samples, int longest = 12, string name = "made")
    {
        var random = new RandomStream(5, name);
        List<int> ids = [], starts = [0];
        int[] labels = [.. Enumerable.Range(0, samples).Select(sample => sample % Classes)];
        for (int sample = 0; sample < samples; sample++)
        {
            int length = 2 + random.NextInt32(longest - 1);
            for (int i = 0; i < length; i++) ids.Add(1 + (random.NextInt32(3) == 0 ? random.NextInt32(Vocabulary - 1) : (labels[sample] * 9) + random.NextInt32(9)));
            starts.Add(ids.Count);
        }
        return HostDataSet.FromTokens(new TokenSamples([.. ids], [.. starts], Vocabulary) { MaxLength = longest }, labels, Classes, name);
    }

    public static DataSplits Splits() => new("made up", Made(192, name: "train"), Made(64, name: "validation"), Made(64, name: "test"));
}
