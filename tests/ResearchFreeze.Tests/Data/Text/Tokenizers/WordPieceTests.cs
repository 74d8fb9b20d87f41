using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

/// <summary>Word pieces worked out by hand, by the rules of BERT's own tokenizer.</summary>
public sealed class WordPieceTests
{
    private static readonly string[] Tokens =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "##s", "##ting", "sit", ",", ".", "cafe", "un", "##aff", "##able", "!", "'", "s", "中", "国", "naive", "$", "5", "+", "=", "^", "a", "_", "b", "€",
        "##€", "ι", "σ", "##σ", "ᄀ", "##ᅡ", "-", "—", "##a", "unaff", "i",
    ];

    [Theory]
    [InlineData("The cats sat, sitting.", "the cat ##s sat , sit ##ting .")]
    [InlineData("unaffable!", "unaff ##able !")]                              // the longest piece first
    [InlineData("sats", "sat ##s")]
    [InlineData("satx the", "[UNK] the")]                                     // one piece missing: the whole word
    [InlineData("café naïve CAFÉ cafe\u0301", "cafe naive cafe cafe")]
    [InlineData("cat's", "cat ' s")]
    [InlineData("the中国cat", "the 中 国 cat")]
    [InlineData("$5+5=a^b", "$ 5 + 5 = a ^ b")]                               // ASCII symbols are words,
    [InlineData("5€ €", "5 ##€ €")]                                           // others are letters
    [InlineData("a_b", "a _ b")]
    [InlineData("the\tcat\r\nsat\u00a0the\u2028cat", "the cat sat the cat")]
    [InlineData("the\u200bcat c\u0000at", "[UNK] cat")]                       // format and control characters go
    [InlineData("the—cat-sat", "the — cat - sat")]
    [InlineData("Ισ ΙΣ", "ι ##σ ι ##σ")]
    [InlineData("İ", "i")]
    [InlineData("가", "ᄀ ##ᅡ")]                                             // a syllable is its letters
    [InlineData("the [SEP] cat[MASK]", "the [SEP] cat [MASK]")]
    [InlineData("😀 the \ud83d", "[UNK] the")]
    [InlineData("", "")]
    [InlineData(" \t ", "")]
    public void Pieces(string text, string pieces)
    {
        var vocabulary = new WordPieceVocabulary(Tokens);
        Assert.Equal(pieces, string.Join(' ', vocabulary.Encode(text).Select(vocabulary.TokenOf)));
    }

    [Fact]
    public void A_word_of_more_than_a_hundred_characters_is_unknown()
    {
        var vocabulary = new WordPieceVocabulary(Tokens);
        Assert.Equal(100, vocabulary.Encode(new string('a', 100)).Length);
        Assert.Equal([1], vocabulary.Encode(new string('a', 101)));
    }

    [Fact]
    public void Cased_texts_keep_capitals_and_accents()
    {
        var vocabulary = new WordPieceVocabulary([.. Tokens, "The", "café"], new WordPieceSettings { LowerCase = false });
        Assert.Equal(["The", "café", "[UNK]"], vocabulary.Encode("The café CAFE").Select(vocabulary.TokenOf));
        var chinese = new WordPieceVocabulary([.. Tokens, "中国"], new WordPieceSettings { SplitChinese = false });
        Assert.Equal(["中国"], chinese.Encode("中国").Select(chinese.TokenOf));
    }

    [Fact]
    public void What_it_is_is_said()
    {
        var vocabulary = new WordPieceVocabulary(Tokens);
        Assert.Equal((Tokens.Length, 0, 1), (vocabulary.VocabularySize, vocabulary.PadId, vocabulary.UnknownId!.Value));
        Assert.Equal([2, 3, 3], [.. vocabulary.Frame.Before, .. vocabulary.Frame.Between, .. vocabulary.Frame.After]);
        Assert.True(vocabulary.Frame.HasSegments);
        Assert.Equal($"word pieces of vocabulary: {Tokens.Length} tokens, in lower case", vocabulary.Description);
        Assert.Equal("vocabulary: expected the token [SEP], found none.", Assert.Throws<DataFormatException>(() => new WordPieceVocabulary(["[PAD]", "[UNK]", "[CLS]"])).Message);
        Assert.Equal("vocabulary: expected each token once, found 'a' as ids 0 and 2.", Assert.Throws<DataFormatException>(() => new WordPieceVocabulary(["a", "b", "a"])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.TokenOf(Tokens.Length));
    }
}
