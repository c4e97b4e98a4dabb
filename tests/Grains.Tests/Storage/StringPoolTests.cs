namespace EngageCenter.Storage;

public class StringPoolTests
{
    [Fact]
    public void Repeated_strings_are_kept_once()
    {
        var pool = new StringPool();
        var (one, other) = (new string('x', 3), new string('x', 3));
        Assert.Same(pool.Share(one), pool.Share(other));
        Assert.Null(pool.Share(null));
        for (var i = 0; i < 2 * StringPool.MaxCount; i++)
        {
            pool.Share($"{i}");
        }

        Assert.Equal(one, pool.Share(one));
    }
}
