"""What an OA says of itself, fit for a log: words of the trade stay, and whatever else is in it becomes `…`.

Its sentences name people, papers and patients, in no order that could be known. So it is not looked for names: only
what is known to be none is left.
"""

from __future__ import annotations

import re
from typing import Final

_CHINESE: Final = """
系统 服务 服务器 服务端 平台 接口 应用 模块 流程 表单 节点 待办 公告 通知 文档 目录 列表 栏目 数据 数据库 缓存 网络
连接 会话 集群 线程 内存 用户 用户名 人员 账号 账户 帐号 账套 登录 登陆 登录名 登录页 密码 口令 工号 身份 统一 认证
认证信息 鉴权 授权 权限 无权限 角色 单点登录 证书 许可 许可证 白名单 令牌 凭证 票据 签名 验签 密钥 公钥 私钥 秘钥
加密 解密 编码 格式 参数 字段 类型 地址 请求 请求头 响应 返回 返回值 结果 状态 错误 失败 异常 故障 非法 无效 有误
不正确 不合法 不匹配 不一致 不支持 不允许 不可用 不能 无法 未知 未找到 找不到 不存在 已存在 存在 没有 缺少 缺失 为空
不能为空 空 过期 已过期 失效 已失效 超时 超过 超出 限制 上限 频率 频繁 次数 过多 过于 拒绝 禁止 锁定 停用 禁用 注销
离职 删除 已删除 关闭 维护 维护中 升级 繁忙 稍后 重试 重新 请 请先 请检查 检查 确认 联系 管理员 操作 执行 处理 调用
获取 查询 访问 注册 初始化 解析 转换 校验 验证 验证码 生成 成功 完成 正常 开启 未开启 启用 未启用 配置 未配置 未登录
页 页面 首页 欢迎 门户 跳转 网关 防火墙 拦截 安全 协同 办公 管理 综合 自动化 未授权 未注册 当前 该 此 您 你 的 或 和
与 及 在 到 中 内 是 否 不 未 无 已 被 对 不是 不具有 具有 不具备 功能 方法 属性 对象 文件 内部 外部 输入 输出 时间
时间戳 记录 信息 消息 提示 代码 程序 版本 环境 主机 端口 域名 来源 跨域 重复 唯一 互信 通道 查无此人 此人 本人 多人 多个
"""
_ENGLISH: Final = """
a access account action already an and any apache api app appid application are argument array at auth
authentication authorization authorized bad be been body by cache call can cannot certificate check client closed
code column config configuration connect connection constraint content convert could credentials data database date
decrypt denied deny did digest disabled do does duplicate ecology empty encrypt entry error exceeded exception exist
exists expected expired fail failed failure false field file for forbidden format found from gateway given handler has
have header here host html http id iis illegal in index input integer internal invalid ip is it its json key landray
length license limit limited list locked login logout long match message method missing mode module moved name need
network nginx no none not null number o2oa object of on only openresty operation or out page parameter parameters
parse parser password path permanently permission permissions please pointer policy pool port portal privilege
process property protocol query rate read refused register registered reject rejected request requests required
reset resource response result retry role row secret security seeyon server service session should sign signature
size socket some source sql sso state status stream string success support supported syntax system table task
temporarily than the there this thread ticket time timed timeout timestamp to token tomcat too true type unable
unauthorized unavailable unexpected unknown unsupported update url user username valid value version view was weaver
welcome were whitelist with without wrong xml
"""
_CLASS: Final = (
    r"(?:javax?|weaver|com\.(?:weaver|engine|seeyon|landray|x)|org\.(?:apache|springframework|hibernate|mybatis))\."
    r"(?:[a-z][a-z0-9_]{0,30}\.){0,9}[A-Z][A-Za-z]{2,60}"
    r"|[A-Z][A-Za-z]{0,50}(?:Exception|Error|Fault)"
)
"""A class of a program, as in Java's exceptions; its package only if it is Java's, a library's or a vendor's."""
_ROW: Final = re.compile(r"(?<!\d)\d++(?:[\W_]++\d++)+")
"""Numbers with only signs between them could be one: a telephone's, a person's."""
_KNOWN: Final = re.compile(
    "|".join(
        (
            rf"(?<![A-Za-z0-9_])(?:{_CLASS})(?![A-Za-z0-9_])",
            rf"(?i:(?<![A-Za-z0-9_-])(?:{'|'.join(sorted(_ENGLISH.split(), key=len, reverse=True))})(?![A-Za-z0-9_-]))",
            "|".join(sorted(_CHINESE.split(), key=len, reverse=True)),
            r"(?<![A-Za-z\d_])-?[0-9]{1,3}(?![A-Za-z\d_])",
            r"[\s,.:;!?，。：；！？、()（）\[\]【】<>《》“”‘’\"'/_={}&-]+",
        )
    )
)


def wording(text: str) -> str:
    """The text with `…` for everything that is no word of the trade, no short number and no sign between them."""
    kept, end, text = "", 0, _ROW.sub("…", text)
    for found in _KNOWN.finditer(text):
        kept += "…" * (found.start() > end) + found[0]
        end = found.end()
    return kept + "…" * (end < len(text))
